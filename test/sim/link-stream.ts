import { limits } from "../../lib/limits.js";
import type { BatchSink, BatchStream, StreamEnd } from "../../lib/link/batch-stream.js";
import type { ChannelEnd, ChannelSink, Data, Notice } from "./channel.js";

/** Bytes on their way from which on a stream takes no further batches. */
const QUEUED_BYTES_MAX = 256 * 1024;

/** A stream of batches between two simulated processes. */
export class LinkStream implements BatchStream, ChannelSink {
  #end: ChannelEnd | undefined;
  #sink: BatchSink | undefined;
  #full = false;

  /** `connect` opens the channel; the accepting side has it already. */
  constructor(readonly connect: (sink: ChannelSink) => ChannelEnd) {}

  open(sink: BatchSink): void {
    this.#sink = sink;
    this.#end = this.connect(this);
  }

  write(batch: Buffer): boolean {
    const end = this.#end as ChannelEnd;
    if (end.over) return true;
    const { model, process } = end;
    if (this.#full) model.wrong("I11 bound", `${process.name} writes to a stream that is full`);
    if (batch.length > limits.grpcMessageBytesMax) {
      model.wrong("I11 bound", `${process.name} writes a batch of ${batch.length} bytes`);
    }
    end.send(batch);
    this.#full = end.queuedBytes > QUEUED_BYTES_MAX;
    return !this.#full;
  }

  close(how: StreamEnd, why: string): void {
    const notice = { code: 0, why: how === "done" ? "the peer ended the link" : why };
    this.#end?.close(how === "done" ? "done" : "broken", notice);
  }

  get waits(): boolean {
    return this.#full;
  }

  message(data: Data): void {
    this.#sink?.message(data as Buffer);
  }

  closed(notice: Notice): void {
    this.#sink?.closed(notice.why);
  }

  drained(): void {
    if (!this.#full || (this.#end as ChannelEnd).queuedBytes > QUEUED_BYTES_MAX / 2) return;
    this.#full = false;
    this.#sink?.drained();
  }
}
