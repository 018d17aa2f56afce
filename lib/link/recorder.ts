import type { WireReader } from "../wire/reader.js";
import type { Link, LinkHandler } from "./link.js";

/** One frame as it arrived: its kind and a copy of its body. */
export interface RecordedFrame {
  readonly kind: number;
  readonly body: Buffer;
}

/** For tests: a handler that keeps what happens and lets a test wait for it. */
export class Recorder implements LinkHandler {
  readonly frames: RecordedFrame[] = [];
  readonly ups: Link[] = [];
  readonly downs: string[] = [];
  readonly drainings: number[] = [];
  /** Frames seen at each batchEnd. */
  readonly batchEnds: number[] = [];
  #waiters: { ready: () => boolean; go: () => void }[] = [];

  /** What to do with each frame besides keeping it. */
  onFrame: ((link: Link, frame: RecordedFrame) => void) | undefined;

  /** What to do when a link comes up. */
  onUp: ((link: Link) => void) | undefined;

  /** The link that came up last. */
  get link(): Link {
    const link = this.ups.at(-1);
    if (!link) throw new Error("no link is up yet");
    return link;
  }

  up(link: Link): void {
    this.ups.push(link);
    this.onUp?.(link);
    this.#check();
  }

  frame(link: Link, kind: number, body: WireReader): void {
    const frame = { kind, body: Buffer.from(body.buf.subarray(body.pos, body.end)) };
    this.frames.push(frame);
    this.onFrame?.(link, frame);
  }

  batchEnd(): void {
    this.batchEnds.push(this.frames.length);
    this.#check();
  }

  down(_link: Link, why: string): void {
    this.downs.push(why);
    this.#check();
  }

  draining(_link: Link, delayMs: number): void {
    this.drainings.push(delayMs);
    this.#check();
  }

  /** Resolves as soon as `ready` holds; it is looked at after each event. */
  until(ready: (recorder: this) => boolean): Promise<void> {
    if (ready(this)) return Promise.resolve();
    return new Promise((go) => this.#waiters.push({ ready: () => ready(this), go }));
  }

  #check(): void {
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.ready()) return true;
      waiter.go();
      return false;
    });
  }
}

/** For tests: writes a frame whose body is these bytes; false when it was refused. */
export function send(link: Link, kind: number, body: Uint8Array): boolean {
  const writer = link.begin(kind, body.length);
  if (!writer) return false;
  writer.raw(body);
  link.end();
  return true;
}
