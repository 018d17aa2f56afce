import type { Clock, Timer } from "../clock.js";
import type { BatchStream } from "../link/batch-stream.js";
import type { Dialer, Link, LinkContract, LinkHandler, Peer } from "../link/link.js";
import { LinkEnd } from "../link/link-end.js";
import type { LinkMeters } from "../link/meter.js";
import type { Logger } from "../log.js";

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 2_000;
/** A link that lived this long starts the back-off anew when it breaks. */
const STABLE_MS = 2_000;

export interface DialerDeps {
  /** For the log. */
  readonly address: string;
  readonly contract: LinkContract;
  readonly handler: LinkHandler;
  /** A new stream to the address; failing to connect ends it. */
  readonly connect: () => BatchStream;
  readonly self: Peer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meters: LinkMeters;
  readonly random: () => number;
}

/** Keeps one link up: whenever it ends it is dialled again. */
export class RedialingDialer implements Dialer {
  readonly #deps: DialerDeps;
  #end: LinkEnd | undefined;
  #timer: Timer | undefined;
  #attempts = 0;
  #dialedAtMs = 0;
  #closed = false;

  constructor(deps: DialerDeps) {
    this.#deps = deps;
    this.#dial();
  }

  get link(): Link | undefined {
    return this.#end?.alive && this.#end.established ? this.#end : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#end?.finish("the dialler closes");
  }

  #dial(): void {
    const { connect, contract, handler, self, clock, log, meters } = this.#deps;
    this.#dialedAtMs = clock.nowMs();
    this.#end = new LinkEnd({
      contract,
      side: "dial",
      stream: connect(),
      handler,
      self,
      clock,
      log,
      meters,
      ended: (why) => this.#redial(why),
    });
  }

  #redial(why: string): void {
    if (this.#closed) return;
    const { clock, random, log, address, contract } = this.#deps;
    if (this.#end?.established && clock.nowMs() - this.#dialedAtMs >= STABLE_MS) this.#attempts = 0;
    if (this.#attempts === 0) log.info({ address, path: contract.path, why }, "dialling again");
    const ceilingMs = Math.min(BACKOFF_FIRST_MS * 2 ** this.#attempts, BACKOFF_MAX_MS);
    this.#attempts++;
    this.#timer = clock.after(ceilingMs * (0.5 + random() / 2), () => this.#dial());
  }
}
