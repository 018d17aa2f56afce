import type { Clock } from "../lib/clock.js";
import { addressKey } from "./addresses.js";
import { Bucket, type Rate } from "./bucket.js";
import { Buckets } from "./buckets.js";
import type { Connections } from "./connections.js";
import { busy, limited, type Refusal } from "./refusal.js";

interface Deps {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly connectionsMax: number;
  readonly userConnectionsMax: number;
  readonly accepts: Rate;
  readonly addressAccepts: Rate;
  readonly random: () => number;
}

/** How many may come in, and how fast. */
export class Admission {
  readonly #deps: Deps;
  readonly #total: Bucket;
  readonly #addresses: Buckets;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#total = new Bucket(deps.accepts, deps.clock.nowMs());
    this.#addresses = new Buckets(deps.addressAccepts, deps.clock);
  }

  /** Before anything is looked at. */
  arrival(address: string): Refusal | undefined {
    const { clock, accepts, connections, connectionsMax } = this.#deps;
    if (this.#addresses.take(addressKey(address), 1) > 0) {
      return limited("too many connections from this address", this.#delayMs());
    }
    if (!this.#total.take(1, accepts, clock.nowMs())) {
      return busy("too many clients connect at once", this.#delayMs());
    }
    if (connections.size >= connectionsMax) {
      return busy("this gateway is full", this.#delayMs());
    }
    return undefined;
  }

  /** When the token was verified. */
  user(user: string): Refusal | undefined {
    const { connections, connectionsMax, userConnectionsMax } = this.#deps;
    if (connections.size >= connectionsMax) return busy("this gateway is full", this.#delayMs());
    if (connections.ofUser(user).size < userConnectionsMax) return undefined;
    return limited("too many connections of this user", this.#delayMs());
  }

  #delayMs(): number {
    return Math.round(1000 + this.#deps.random() * 4000);
  }
}
