import type { Socket } from "node:net";
import { isCalm, type Weather } from "./weather.js";

/** Bytes that one way of one connection holds back before it stops reading. */
const HELD_BYTES_MAX = 256 * 1024;
/** After this TCP sends again what was not confirmed. */
const RETRANSMIT_MS = 200;

export interface FlowDeps {
  readonly from: Socket;
  readonly to: Socket;
  readonly weather: Weather;
  readonly random: () => number;
  /** The bytes before a reset are through. */
  readonly reset: () => void;
}

/** One way of one connection: pieces leave in order, when the weather lets them. */
export class Flow {
  readonly #deps: FlowDeps;
  readonly #held: { piece: Buffer; dueMs: number }[] = [];
  #heldBytes = 0;
  #dueMs = 0;
  #passed = 0;
  /** `#passed` when a reset was last ordered or called off. */
  #countedFrom = 0;
  #counting = false;
  #writing = false;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #over = false;

  constructor(deps: FlowDeps) {
    this.#deps = deps;
    deps.from.on("data", (piece: Buffer) => this.#take(piece));
    deps.from.on("end", () => {
      this.#ended = true;
      this.move();
    });
    deps.to.on("drain", () => this.#read());
  }

  /** The weather has changed. */
  move(): void {
    const counts = this.#deps.weather.resetAfterBytes !== Number.POSITIVE_INFINITY;
    if (counts !== this.#counting) this.#countedFrom = this.#passed;
    this.#counting = counts;
    this.#pump();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#held.length = 0;
  }

  #take(piece: Buffer): void {
    const { weather, to, from } = this.#deps;
    if (this.#over || weather.lost) return;
    if (this.#held.length === 0 && !this.#writing && isCalm(weather)) {
      this.#passed += piece.length;
      if (!to.write(piece)) from.pause();
      return;
    }
    this.#hold(piece);
    this.#pump();
  }

  #hold(piece: Buffer): void {
    const { weather, random, from } = this.#deps;
    const nowMs = performance.now();
    const lostMs = weather.lossRate > 0 && random() < weather.lossRate ? RETRANSMIT_MS : 0;
    const lateMs = weather.latencyMs + weather.jitterMs * random() + lostMs;
    const mergedMs = weather.mergeMs > 0 ? weather.mergeMs - (nowMs % weather.mergeMs) : 0;
    const readyMs = Math.max(this.#dueMs, nowMs + lateMs + mergedMs);
    const takesMs = weather.bytesPerSecond > 0 ? (piece.length * 1000) / weather.bytesPerSecond : 0;
    this.#dueMs = readyMs + takesMs;
    this.#held.push({ piece, dueMs: this.#dueMs });
    this.#heldBytes += piece.length;
    if (this.#heldBytes > HELD_BYTES_MAX) from.pause();
  }

  /** One write at a time: a slice must have left before the next one goes, or the kernel gets them as one. */
  #pump(): void {
    clearTimeout(this.#timer);
    const { weather, to } = this.#deps;
    if (this.#over || this.#writing || weather.hole) return;
    const first = this.#held[0];
    if (first === undefined) {
      if (this.#ended) to.end();
      return;
    }
    const waitMs = isCalm(weather) ? 0 : first.dueMs - performance.now();
    if (waitMs > 0) {
      this.#timer = setTimeout(() => this.#pump(), waitMs);
      return;
    }
    const piece = this.#next();
    if (piece.length === 0) return this.#deps.reset();
    this.#passed += piece.length;
    this.#writing = true;
    to.write(piece, () => {
      // After a slice the other end gets the time to read it before there is more.
      if (weather.sliceBytes > 0) setImmediate(() => this.#written());
      else this.#written();
    });
  }

  #written(): void {
    this.#writing = false;
    this.#read();
    this.#pump();
  }

  /** The next bytes to leave; none when this is where the connection is to be reset. */
  #next(): Buffer {
    const { weather } = this.#deps;
    const { piece, dueMs } = this.#held.shift() as { piece: Buffer; dueMs: number };
    const whole = [piece];
    // What is due at the same moment leaves as one, if it is to be merged.
    while (weather.mergeMs > 0 && (this.#held[0]?.dueMs ?? Infinity) <= performance.now()) {
      whole.push((this.#held.shift() as { piece: Buffer }).piece);
    }
    const all = whole.length === 1 ? piece : Buffer.concat(whole);
    const left = this.#counting
      ? weather.resetAfterBytes - (this.#passed - this.#countedFrom)
      : Number.POSITIVE_INFINITY;
    const length = Math.max(0, Math.min(left, weather.sliceBytes || all.length, all.length));
    if (length < all.length) this.#held.unshift({ piece: all.subarray(length), dueMs });
    this.#heldBytes -= length;
    return all.subarray(0, length);
  }

  #read(): void {
    if (this.#heldBytes <= HELD_BYTES_MAX && !this.#deps.to.writableNeedDrain) {
      this.#deps.from.resume();
    }
  }
}
