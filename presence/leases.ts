import { NONE, type Users } from "./users.js";

/** Devices of one user that may have the app open at a time; beyond them the one that said so longest ago is forgotten. */
const DEVICES_MAX = 8;
const WORDS = 4;
const FIRST_LEASES = 1024;

/**
 * Which devices have the app open, packed: a lease per device, running out by itself. That is all that is known of connections here: whatever
 * dies, the lease does not outlive it for long.
 */
export class Leases {
  /** Leases in use. */
  size = 0;
  readonly #users: Users;
  readonly #max: number;
  readonly #device = new Int32Array(WORDS);
  readonly #scratch = Buffer.alloc(WORDS * 4);
  #devices = new Int32Array(FIRST_LEASES * WORDS);
  /** Monotonic end of each. */
  #until = new Float64Array(FIRST_LEASES);
  /** The next lease of the same user, or the next free one; NONE at the end. */
  #next = new Int32Array(FIRST_LEASES);
  #owner = new Int32Array(FIRST_LEASES);
  #made = 0;
  #free = NONE;

  constructor(users: Users, max: number) {
    this.#users = users;
    this.#max = max;
  }

  /** Bytes of all arrays. */
  get bytes(): number {
    return [this.#devices, this.#until, this.#next, this.#owner].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
  }

  /** The device has the app open until then. False when there is no room to remember it. */
  hold(user: number, device: string, untilMs: number): boolean {
    this.#read(device);
    const first = this.#users.lease[user] as number;
    let count = 0;
    let oldest = first;
    for (let lease = first; lease !== NONE; lease = this.#next[lease] as number) {
      if (this.#isOf(lease)) {
        this.#until[lease] = untilMs;
        return true;
      }
      count++;
      if ((this.#until[lease] as number) < (this.#until[oldest] as number)) oldest = lease;
    }
    const lease = count === DEVICES_MAX ? oldest : this.#take(user);
    if (lease === NONE) return false;
    this.#devices.set(this.#device, lease * WORDS);
    this.#until[lease] = untilMs;
    return true;
  }

  /** The device does not have it open any more. */
  end(user: number, device: string): void {
    this.#read(device);
    this.#filter(user, (lease) => !this.#isOf(lease));
  }

  /** How many devices of the user have the app open. */
  count(user: number, nowMs: number): number {
    let count = 0;
    for (let lease = this.#users.lease[user] as number; lease !== NONE; ) {
      if ((this.#until[lease] as number) > nowMs) count++;
      lease = this.#next[lease] as number;
    }
    return count;
  }

  runs(user: number, nowMs: number): boolean {
    for (let lease = this.#users.lease[user] as number; lease !== NONE; ) {
      if ((this.#until[lease] as number) > nowMs) return true;
      lease = this.#next[lease] as number;
    }
    return false;
  }

  /** Forgets those that ran out. */
  sweep(nowMs: number): void {
    for (let lease = 0; lease < this.#made; lease++) {
      const user = this.#owner[lease] as number;
      if (user === NONE || (this.#until[lease] as number) > nowMs) continue;
      this.#filter(user, (one) => (this.#until[one] as number) > nowMs);
    }
  }

  #read(device: string): void {
    this.#scratch.write(device.slice(3), 0, "latin1");
    for (let i = 0; i < WORDS; i++) this.#device[i] = this.#scratch.readInt32BE(i * 4);
  }

  #isOf(lease: number): boolean {
    for (let i = 0; i < WORDS; i++) {
      if (this.#devices[lease * WORDS + i] !== this.#device[i]) return false;
    }
    return true;
  }

  #take(user: number): number {
    let lease = this.#free;
    if (lease !== NONE) this.#free = this.#next[lease] as number;
    else if (this.#made === this.#max) return NONE;
    else {
      lease = this.#made++;
      if (lease === this.#next.length) this.#grow(Math.min(this.#max, lease * 2));
    }
    this.size++;
    this.#owner[lease] = user;
    this.#next[lease] = this.#users.lease[user] as number;
    this.#users.lease[user] = lease;
    return lease;
  }

  #filter(user: number, keep: (lease: number) => boolean): void {
    let kept = NONE;
    for (let lease = this.#users.lease[user] as number; lease !== NONE; ) {
      const next = this.#next[lease] as number;
      if (keep(lease)) {
        this.#next[lease] = kept;
        kept = lease;
      } else {
        this.#owner[lease] = NONE;
        this.#next[lease] = this.#free;
        this.#free = lease;
        this.size--;
      }
      lease = next;
    }
    this.#users.lease[user] = kept;
  }

  #grow(leases: number): void {
    const devices = new Int32Array(leases * WORDS);
    devices.set(this.#devices);
    this.#devices = devices;
    const until = new Float64Array(leases);
    until.set(this.#until);
    this.#until = until;
    const next = new Int32Array(leases);
    next.set(this.#next);
    this.#next = next;
    const owner = new Int32Array(leases);
    owner.set(this.#owner);
    this.#owner = owner;
  }
}
