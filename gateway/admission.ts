import { boundedCache } from "../lib/bounded-cache.js";
import type { Clock } from "../lib/clock.js";
import { addressKey } from "./addresses.js";
import { Bucket, type Rate } from "./bucket.js";
import type { Connections } from "./connections.js";
import { busy, limited, type Refusal } from "./refusal.js";

/** Addresses remembered: forgetting one only fills its bucket. */
const ADDRESSES_MAX = 65_536;

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
  readonly #addresses = boundedCache<string, Bucket>(ADDRESSES_MAX);

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#total = new Bucket(deps.accepts, deps.clock.nowMs());
  }

  /** Before anything is looked at. */
  arrival(address: string): Refusal | undefined {
    const { clock, accepts, addressAccepts, connections, connectionsMax } = this.#deps;
    const nowMs = clock.nowMs();
    const key = addressKey(address);
    let bucket = this.#addresses.get(key);
    if (!bucket) {
      bucket = new Bucket(addressAccepts, nowMs);
      this.#addresses.set(key, bucket);
    }
    if (!bucket.take(1, addressAccepts, nowMs)) {
      return limited("too many connections from this address", this.#delayMs());
    }
    if (!this.#total.take(1, accepts, nowMs)) {
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
