import { Client, connectivityState, credentials } from "@grpc/grpc-js";
import { channelOptions } from "./grpc-options.js";

/** Channels that go on trying beside the one in use. */
const ASIDE_MAX = 4;

/**
 * The connections of one dialler: each of its streams gets one of its own, and takes it along. But for a channel that could not connect: that
 * goes on trying by itself, and grpc-js does not stop it when it is closed meanwhile. It would connect when the peer is there, and nobody would
 * ever close that connection. So the next stream has to take that one.
 */
export class LinkChannel {
  readonly #trying: Client[] = [];
  /** Given up by their streams while they were trying: what they try may hang. Each is closed when it connects after all. */
  readonly #aside = new Set<Client>();

  constructor(readonly address: string) {}

  take(): Client {
    const trying = this.#trying.pop();
    if (trying !== undefined) return trying;
    const [oldest] = this.#aside;
    if (oldest !== undefined && this.#aside.size >= ASIDE_MAX) {
      this.#aside.delete(oldest);
      return oldest;
    }
    return new Client(this.address, credentials.createInsecure(), channelOptions);
  }

  /** Its stream has ended by itself. */
  release(client: Client): void {
    if (this.isTrying(client)) this.#trying.push(client);
    else client.close();
  }

  /** Its stream was given up: the next one is to begin anew. */
  abandon(client: Client): void {
    if (!this.isTrying(client)) return client.close();
    this.#aside.add(client);
    client.waitForReady(Number.POSITIVE_INFINITY, () => {
      if (this.#aside.delete(client)) client.close();
    });
  }

  /** It could not connect, and goes on trying. */
  isTrying(client: Client): boolean {
    return client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE;
  }
}
