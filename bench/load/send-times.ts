/** When messages were to be sent, until both their ✓ and their last tick have come; in order. */
export class SendTimes {
  #times: number[] = [];
  #sent = 0;
  #read = 0;

  push(intendedMs: number): void {
    this.#times.push(intendedMs);
  }

  /** The next message that has its ✓. */
  sent(): number {
    return this.#times[this.#sent++] as number;
  }

  /** The next message that has its last tick. */
  read(): number {
    const intendedMs = this.#times[this.#read++] as number;
    const done = Math.min(this.#sent, this.#read);
    if (done >= FORGET_AT) {
      this.#times.splice(0, done);
      this.#sent -= done;
      this.#read -= done;
    }
    return intendedMs;
  }
}

/** How many are forgotten at once. */
const FORGET_AT = 1024;
