import { type Client, type ClientDuplexStream, Metadata, status } from "@grpc/grpc-js";
import type { Clock, Timer } from "../clock.js";
import type { BatchSink, BatchStream, StreamEnd } from "../link/batch-stream.js";
import { asIs } from "./grpc-options.js";
import type { LinkChannel } from "./link-channel.js";

/** How long a stream that was ended politely may take before it is cancelled. */
const FINISH_MS = 1_000;

export interface DialedStreamDeps {
  readonly channel: LinkChannel;
  readonly path: string;
  readonly clock: Clock;
}

/** The dialling end of a gRPC stream, on a connection of its own. */
export class DialedStream implements BatchStream {
  readonly #deps: DialedStreamDeps;
  #client: Client | undefined;
  #call: ClientDuplexStream<Buffer, Buffer> | undefined;
  #timer: Timer | undefined;
  #over = false;

  constructor(deps: DialedStreamDeps) {
    this.#deps = deps;
  }

  open(sink: BatchSink): void {
    const { channel, path } = this.#deps;
    this.#client = channel.take();
    // Where an earlier stream failed to connect, this one begins as soon as that is possible.
    const metadata = new Metadata({ waitForReady: channel.isTrying(this.#client) });
    const call = this.#client.makeBidiStreamRequest(path, asIs, asIs, metadata, {});
    this.#call = call;
    call.on("data", (batch: Buffer) => sink.message(batch));
    call.on("drain", () => sink.drained());
    // The status says the same; but an error that nobody listens to would end the process.
    call.on("error", () => undefined);
    call.on("status", (end) => {
      const told = end.code === status.OK ? "the peer ended the link" : end.details;
      this.#free((client) => channel.release(client));
      if (!this.#over) sink.closed(told);
      this.#over = true;
    });
  }

  write(batch: Buffer): boolean {
    return this.#over ? true : (this.#call?.write(batch) ?? true);
  }

  close(how: StreamEnd, _why: string): void {
    if (this.#over) return;
    this.#over = true;
    if (how === "done") {
      this.#call?.end();
      this.#timer = this.#deps.clock.after(FINISH_MS, () => this.#call?.cancel());
    } else {
      this.#call?.cancel();
      this.#free((client) => this.#deps.channel.abandon(client));
    }
  }

  #free(give: (client: Client) => void): void {
    this.#timer?.cancel();
    if (this.#client) give(this.#client);
    this.#client = undefined;
  }
}
