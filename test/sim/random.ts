/** Seeded random numbers. Forks do not influence each other: more draws from one change none of another. */
export class Random {
  #state: number;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = 0x811c9dc5;
    for (let i = 0; i < seed.length; i++) {
      this.#state = Math.imul(this.#state ^ seed.charCodeAt(i), 0x01000193);
    }
  }

  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** From 0 to below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  /** Small values are as likely as large ones: between 10 and 1000 half are below 100. */
  skewed(from: number, to: number): number {
    return from * (to / from) ** this.fraction();
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Characters of [0-9a-z]. */
  text(length: number): string {
    let text = "";
    while (text.length < length) text += this.below(36).toString(36);
    return text;
  }

  uuid(): string {
    const digits = Array.from({ length: 32 }, () => this.below(16).toString(16)).join("");
    return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
  }
}
