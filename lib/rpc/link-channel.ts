import { Client, connectivityState, credentials } from "@grpc/grpc-js";
import { channelOptions } from "./grpc-options.js";

/**
 * The connections of one dialler: each of its streams gets one of its own, and takes it along. But for a channel that could not connect: that
 * goes on trying by itself, and grpc-js does not stop it when it is closed meanwhile. It would connect when the peer is there, and nobody would
 * ever close that connection. So the next stream has to take that one.
 */
export class LinkChannel {
  readonly #trying: Client[] = [];

  constructor(readonly address: string) {}

  take(): Client {
    const { address } = this;
    const trying = this.#trying.pop();
    return trying ?? new Client(address, credentials.createInsecure(), channelOptions);
  }

  /** Its stream is over. */
  release(client: Client): void {
    if (this.isTrying(client)) this.#trying.push(client);
    else client.close();
  }

  /** It could not connect, and goes on trying. */
  isTrying(client: Client): boolean {
    return client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE;
  }
}
