import { constants, type Http2Stream } from "node:http2";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import type { BatchSink, BatchStream, StreamEnd } from "../link/batch-stream.js";

/** The accepting end of a gRPC stream. */
export class AcceptedStream implements BatchStream {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  #over = false;

  constructor(call: ServerDuplexStream<Buffer, Buffer>) {
    this.#call = call;
  }

  open(sink: BatchSink): void {
    const lost = (why: string) => {
      if (this.#over) return;
      this.#over = true;
      sink.closed(why);
    };
    this.#call.on("data", (batch: Buffer) => sink.message(batch));
    this.#call.on("drain", () => sink.drained());
    this.#call.on("end", () => {
      lost("the peer ended the link");
      this.#call.end();
    });
    this.#call.on("cancelled", () => lost("the stream was cancelled or lost"));
    this.#call.on("error", (error) => lost(error.message));
  }

  write(batch: Buffer): boolean {
    return this.#over ? true : this.#call.write(batch);
  }

  close(how: StreamEnd, why: string): void {
    if (this.#over) return;
    this.#over = true;
    if (how === "done") this.#call.end();
    else if (this.#call.writableNeedDrain) this.#reset();
    else {
      const code = how === "invalid" ? status.INVALID_ARGUMENT : status.UNAVAILABLE;
      this.#call.emit("error", Object.assign(new Error(why), { code, details: why }));
    }
  }

  /**
   * A status would wait behind what the peer does not read. grpc-js has no way to reset a stream,
   * so this reaches for the HTTP/2 stream inside; without it the keep-alive ends the connection
   * later.
   */
  #reset(): void {
    const { stream } = (this.#call as unknown as { call?: { stream?: Http2Stream } }).call ?? {};
    stream?.close(constants.NGHTTP2_CANCEL);
  }
}
