import { limits } from "../limits.js";
import type { PriorityClass } from "./link.js";

/** Classes are counted from P0, which has no bound of its own. */
export const CLASSES = 5;

/**
 * Bytes that may be queued on a link before a class is refused: the less important, the earlier. P0
 * is refused never; its bound says that the peer is stuck.
 */
export const roomBytes: readonly number[] = [1, 3 / 4, 1 / 2, 1 / 4, 1 / 8].map(
  (share) => limits.linkQueueBytesMax * share,
);

/** The frames of each class that may still be sent before the peer gives credits back. */
export class Credits {
  #left: number[] = [0, 0, 0, 0, 0];
  #windows: number[] = [0, 0, 0, 0, 0];

  /** Starts with the windows the peer announced; a class it does not name has none. */
  open(windows: readonly number[]): void {
    for (let cls = 1; cls < CLASSES; cls++) {
      this.#windows[cls] = windows[cls] ?? 0;
      this.#left[cls] = windows[cls] ?? 0;
    }
  }

  has(cls: PriorityClass): boolean {
    return cls === 0 || (this.#left[cls] as number) > 0;
  }

  spend(cls: PriorityClass): void {
    if (cls > 0) (this.#left[cls] as number)--;
  }

  /** Takes back what a Credit names; never more than the window. */
  refill(frames: readonly number[]): void {
    for (let cls = 1; cls < CLASSES; cls++) {
      const left = (this.#left[cls] as number) + (frames[cls] ?? 0);
      this.#left[cls] = Math.min(left, this.#windows[cls] as number);
    }
  }

  left(cls: PriorityClass): number {
    return this.#left[cls] as number;
  }
}

/** Counts frames taken in, and says when half a window of one class is to be given back. */
export class Intake {
  readonly #taken = [0, 0, 0, 0, 0];
  readonly #halves: readonly number[];
  #due = false;

  constructor(readonly windows: readonly number[]) {
    this.#halves = windows.map((window) => Math.max(1, window >> 1));
  }

  /** Whether it is time for a Credit. */
  get due(): boolean {
    return this.#due;
  }

  took(cls: PriorityClass): void {
    if (cls === 0) return;
    const taken = (this.#taken[cls] as number) + 1;
    this.#taken[cls] = taken;
    if (taken >= (this.#halves[cls] as number)) this.#due = true;
  }

  /**
   * A frame of a kind unknown here: its class is too, so each gets one back; the sender caps at its
   * window.
   */
  tookUnknown(): void {
    for (let cls = 1; cls < CLASSES; cls++) this.took(cls as PriorityClass);
  }

  /** Lets `give` read what is to be given back, then starts anew. */
  settle(give: (frames: readonly number[]) => void): void {
    give(this.#taken);
    this.#taken.fill(0);
    this.#due = false;
  }
}
