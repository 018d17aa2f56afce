import type { Logger } from "../lib/log.js";

/** What the service has done since it started. */
export interface Counts {
  /** Users named by parsers as active. */
  activities: number;
  /** Points that are stored. */
  points: number;
  /** Points that were dropped because the store did not keep up. */
  lost: number;
  /** Frames of clients. */
  commands: number;
  /** Frames that break the contract: ignored. */
  invalid: number;
  /** Answers and pushes written, by connection. */
  told: number;
  /** Those that a link had no room for. */
  shed: number;
  /** Watches and leases refused because a bound was reached. */
  refused: number;
  loads: number;
  storeErrors: number;
}

/** One method per event that is worth a line; everything else is counted where it happens. */
export class Events {
  readonly counts: Counts = {
    activities: 0,
    points: 0,
    lost: 0,
    commands: 0,
    invalid: 0,
    told: 0,
    shed: 0,
    refused: 0,
    loads: 0,
    storeErrors: 0,
  };
  readonly #log: Logger;
  #failing = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  stored(points: number): void {
    this.counts.points += points;
    if (this.#failing) this.#log.info("the store takes points again");
    this.#failing = false;
  }

  /** Only the first failure in a row is logged. */
  storeFailed(error: unknown): void {
    this.counts.storeErrors++;
    if (this.#failing) return;
    this.#failing = true;
    this.#log.error({ err: error }, "the store failed: points wait in memory");
  }
}
