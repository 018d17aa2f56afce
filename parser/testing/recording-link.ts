import type { Link, LinkHandler, Peer, PriorityClass } from "../../lib/link/link.js";
import { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";

/** An end of a link whose other end is the test: it keeps what is written as one batch. */
export class RecordingLink<Frame> implements Link {
  alive = true;
  readonly queuedBytes = 0;
  /** Classes that are refused. */
  readonly full = new Set<PriorityClass>();
  readonly #writer = new WireWriter(256);

  constructor(
    readonly peer: Peer,
    readonly classes: readonly PriorityClass[],
    readonly decode: (batch: Buffer) => { frames: Frame[] },
  ) {}

  hasRoom(cls: PriorityClass): boolean {
    return this.alive && !this.full.has(cls);
  }

  begin(kind: number, sizeHint: number): WireWriter | undefined {
    const cls = this.classes[kind];
    if (cls === undefined) throw new RangeError(`no frame ${kind}`);
    if (!this.alive || (cls > 0 && this.full.has(cls))) return undefined;
    this.#writer.open(1, sizeHint + 4);
    this.#writer.open(kind, sizeHint);
    return this.#writer;
  }

  end(): void {
    while (this.#writer.depth > 0) this.#writer.close();
  }

  drain(): void {}

  destroy(): void {
    this.alive = false;
  }

  /** The bytes written since the last call. */
  takeBytes(): Buffer {
    return this.#writer.take();
  }

  /** What was written since the last call, decoded with the generated codec. */
  take(): Frame[] {
    return this.decode(this.takeBytes()).frames;
  }
}

/** Hands a batch to a handler, frame by frame, as a link does. */
export function feed(handler: LinkHandler, link: Link, bytes: Uint8Array): void {
  const batch = new WireReader().reset(Buffer.from(bytes));
  const frame = new WireReader();
  const body = new WireReader();
  while (batch.next()) {
    frame.enter(batch);
    if (!frame.next()) continue;
    handler.frame(link, frame.field, body.enter(frame));
  }
  handler.batchEnd?.(link);
}
