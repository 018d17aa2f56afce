import { Client, type ClientDuplexStream, credentials, Metadata, status } from "@grpc/grpc-js";
import type { Clock, Timer } from "../clock.js";
import type { BatchSink, BatchStream, StreamEnd } from "../link/batch-stream.js";
import { asIs, linkChannelOptions } from "./grpc-options.js";

/** How long a stream that was ended politely may take before it is cancelled. */
const FINISH_MS = 1_000;

/** The dialling end of a gRPC stream, on a channel of its own. */
export class DialedStream implements BatchStream {
  readonly #deps: { readonly address: string; readonly path: string; readonly clock: Clock };
  #client: Client | undefined;
  #call: ClientDuplexStream<Buffer, Buffer> | undefined;
  #timer: Timer | undefined;
  #over = false;

  constructor(deps: { readonly address: string; readonly path: string; readonly clock: Clock }) {
    this.#deps = deps;
  }

  open(sink: BatchSink): void {
    const { address, path } = this.#deps;
    this.#client = new Client(address, credentials.createInsecure(), linkChannelOptions);
    const call = this.#client.makeBidiStreamRequest(path, asIs, asIs, new Metadata(), {});
    this.#call = call;
    call.on("data", (batch: Buffer) => sink.message(batch));
    call.on("drain", () => sink.drained());
    // The status says the same; but an error that nobody listens to would end the process.
    call.on("error", () => undefined);
    call.on("status", (end) => {
      const told = end.code === status.OK ? "the peer ended the link" : end.details;
      this.#free();
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
      this.#free();
    }
  }

  #free(): void {
    this.#timer?.cancel();
    this.#client?.close();
  }
}
