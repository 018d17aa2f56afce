import type { Logger } from "../lib/log.js";

/** What the service has done since it started. */
export interface Counts {
  /** Moves that were announced. */
  advances: number;
  /** Moves and questions that break the contract: ignored. */
  invalid: number;
  /** Moves and questions that were let go because a queue was full or a link had no room. */
  shed: number;
  confirmed: number;
  commits: number;
  rows: number;
  loads: number;
  /** Moves that were dropped because the store failed. */
  lost: number;
  storeErrors: number;
}

/** One method per event: it counts. Of failures and overload only the first between two commits is logged. */
export class Events {
  readonly counts: Counts = {
    advances: 0,
    invalid: 0,
    shed: 0,
    confirmed: 0,
    commits: 0,
    rows: 0,
    loads: 0,
    lost: 0,
    storeErrors: 0,
  };
  readonly #log: Logger;
  readonly #logged = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  advanced(): void {
    this.counts.advances++;
  }

  invalid(): void {
    this.counts.invalid++;
  }

  shed(what: "move" | "cursor query" | "info query" | "answer", count = 1): void {
    this.counts.shed += count;
    if (!this.#isFirst("overload")) return;
    this.#log.warn({ what, shed: this.counts.shed }, "overloaded: frames are let go");
  }

  committed(rows: number): void {
    this.counts.commits++;
    this.counts.rows += rows;
    this.#logged.clear();
  }

  confirmed(moves: number): void {
    this.counts.confirmed += moves;
  }

  loaded(): void {
    this.counts.loads++;
  }

  commitFailed(error: unknown, moves: number): void {
    this.counts.storeErrors++;
    this.counts.lost += moves;
    if (!this.#isFirst("commit")) return;
    this.#log.error({ err: error, moves }, "a commit failed: nothing of it is confirmed");
  }

  readFailed(error: unknown, moves: number): void {
    this.counts.storeErrors++;
    this.counts.lost += moves;
    if (!this.#isFirst("read")) return;
    this.#log.error({ err: error, moves }, "the store cannot be read");
  }

  #isFirst(what: string): boolean {
    if (this.#logged.has(what)) return false;
    this.#logged.add(what);
    return true;
  }
}
