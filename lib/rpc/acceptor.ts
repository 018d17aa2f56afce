import type { Clock } from "../clock.js";
import type { BatchStream } from "../link/batch-stream.js";
import type { LinkContract, LinkHandler, Peer } from "../link/link.js";
import { LinkEnd } from "../link/link-end.js";
import type { LinkMeters } from "../link/meter.js";
import type { Logger } from "../log.js";

export interface AcceptorDeps {
  readonly self: Peer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meters: LinkMeters;
}

/** The accepting ends of one server. */
export class Acceptor {
  readonly #deps: AcceptorDeps;
  readonly #ends = new Set<LinkEnd>();
  #stopping = false;
  #idle: (() => void) | undefined;

  constructor(deps: AcceptorDeps) {
    this.#deps = deps;
  }

  accept(contract: LinkContract, stream: BatchStream, handler: LinkHandler): void {
    if (this.#stopping) {
      stream.close("broken", "the server is stopping");
      return;
    }
    const end: LinkEnd = new LinkEnd({
      ...this.#deps,
      contract,
      side: "accept",
      stream,
      handler,
      ended: () => {
        this.#ends.delete(end);
        if (this.#ends.size === 0) this.#idle?.();
      },
    });
    this.#ends.add(end);
  }

  drain(delayMs: number): void {
    for (const end of this.#ends) if (end.established) end.drain(delayMs);
  }

  /** Ends every link; resolves when each `down` has been called. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const end of this.#ends) end.finish("the server is stopping");
    if (this.#ends.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }
}
