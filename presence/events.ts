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
  /** Rules that had no room for the users whom they name: these hide from everybody. */
  rulesCut: number;
  /** Rules that had no room at all: since then nobody is shown. */
  rulesLost: number;
}

const NO_ROOM = "who hides his presence takes more than CHAT_PRESENCE_RULES_MEMORY_MIB";

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
    rulesCut: 0,
    rulesLost: 0,
  };
  readonly #log: Logger;
  #failing = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  hung(hungMs: number): void {
    this.#log.warn({ hungMs }, "this process stood still: links to parsers are broken");
  }

  stored(points: number): void {
    this.counts.points += points;
    if (this.#failing) this.#log.info("the store takes points again");
    this.#failing = false;
  }

  /** Only the first is logged. */
  ruleCut(): void {
    if (this.counts.rulesCut++ > 0) return;
    this.#log.error(`${NO_ROOM}: some users are shown to nobody`);
  }

  /** The same. */
  ruleLost(): void {
    if (this.counts.rulesLost++ > 0) return;
    this.#log.error(`${NO_ROOM}: nobody is shown`);
  }

  /** Only the first failure in a row is logged. */
  storeFailed(error: unknown): void {
    this.counts.storeErrors++;
    if (this.#failing) return;
    this.#failing = true;
    this.#log.error({ err: error }, "the store failed: points wait in memory");
  }
}
