import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { HistoryEvent, HistoryFact } from "./events.js";
import { RunningClock } from "./running-clock.js";

/** A history that can be read as often as one likes. */
export type History = Iterable<HistoryEvent>;

const BUFFER_CHARS = 64 * 1024;
const READ_BYTES = 256 * 1024;

/** Where clients write what happens to them. */
export interface Recorder {
  /** Notes the fact, as of now. */
  note(fact: HistoryFact): void;
}

/** Writes a history to a file, a block at a time: it holds no more than a block in memory. */
export class FileRecorder implements Recorder {
  readonly #file: number;
  readonly #beganMs: number;
  #block = "";
  /** Lines so far, without those that devices repeat by themselves. */
  news = 0;

  constructor(
    readonly path: string,
    readonly clock = new RunningClock(),
  ) {
    this.#file = openSync(path, "wx");
    this.#beganMs = clock.nowMs();
  }

  note(fact: HistoryFact): void {
    if (fact.type !== "ack" && fact.type !== "read") this.news++;
    const at = Math.round((this.clock.nowMs() - this.#beganMs) * 1000) / 1000;
    this.#block += `${JSON.stringify({ at, ...fact })}\n`;
    if (this.#block.length >= BUFFER_CHARS) this.flush();
  }

  /** After this, what was noted so far can be read. */
  flush(): void {
    let rest = Buffer.from(this.#block);
    this.#block = "";
    while (rest.length > 0) rest = rest.subarray(writeSync(this.#file, rest));
  }

  close(): void {
    this.flush();
    this.clock.stop();
    closeSync(this.#file);
  }
}

/** A history in a file, one block of it in memory at a time. */
export function historyIn(path: string): History {
  return { [Symbol.iterator]: () => eventsIn(path) };
}

function* eventsIn(path: string): Generator<HistoryEvent> {
  const file = openSync(path, "r");
  const block = Buffer.alloc(READ_BYTES);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let bytes = 1; bytes > 0; ) {
      bytes = readSync(file, block);
      const lines = (rest + decoder.decode(block.subarray(0, bytes), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as HistoryEvent;
    }
  } finally {
    closeSync(file);
  }
}
