import { Origin } from "../gen/chat/common/v1/options.js";
import type { Clock } from "../lib/clock.js";
import { clientFrames } from "../lib/contract.js";
import { limits } from "../lib/limits.js";
import type { WireWriter } from "../lib/wire/writer.js";
import type { Counters } from "./counters.js";
import type { FrameView } from "./frame.js";
import type { Peer } from "./peer.js";
import type { Presences } from "./presences.js";

/** Arm of ActivityFrame, and its fields. */
const ACTIVE = 3;
const USERS = 1;
const AGE = 2;
/** A user id with its tag and length. */
const USER_BYTES = 21;

/** Per arm of ClientFrame that a user causes: the field that says that he did not cause this one, 0 when there is none. */
const automatic: (number | undefined)[] = [];
for (const arm of clientFrames()) {
  if (arm.origin === Origin.USER) automatic[arm.number] = arm.automatic;
}

/** Whether the user did something by this frame, as the contract and the frame say. */
export function isUsersOwn(frame: FrameView): boolean {
  const field = automatic[frame.arm];
  return field !== undefined && (field === 0 || frame.uint(field) === 0);
}

export interface ActivityDeps {
  readonly presences: Presences;
  readonly counters: Counters;
  readonly clock: Clock;
}

/**
 * Who did something since the last flush: each once, however much he did. Whom a link does not take is kept for the next flush, as long as
 * there is room; what was taken goes out in batches and may be lost.
 */
export class Activity {
  readonly #deps: ActivityDeps;
  readonly #users = new Set<string>();
  readonly #reports: readonly Report[];

  constructor(deps: ActivityDeps) {
    this.#deps = deps;
    this.#reports = deps.presences.all.map((peer) => new Report(peer, deps.counters));
  }

  mark(user: string): void {
    if (this.#reports.length === 0) return;
    this.#users.add(user);
    if (this.#users.size >= limits.activeUsersMax) this.flush();
  }

  /** Once a second. */
  flush(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const user of this.#users) this.#reportOf(user)?.add(user, nowMs, this.#users.size);
    this.#users.clear();
    for (const report of this.#reports) report.flush(nowMs);
  }

  #reportOf(user: string): Report | undefined {
    const { presences } = this.#deps;
    if (this.#reports.length === 1) return this.#reports[0];
    const owner = presences.ownerOf(user);
    return this.#reports[owner === undefined ? 0 : presences.all.indexOf(owner)];
  }
}

/** What is written to one instance of presence, frame by frame. */
class Report {
  readonly #peer: Peer;
  readonly #counters: Counters;
  /** Whom the link has not taken, with the time of the flush behind which he did nothing more; oldest first. */
  readonly #held = new Map<string, number>();
  #writer: WireWriter | undefined;
  #count = 0;
  /** In the frame that is being written. */
  #ageS = 0;
  /** The link took nothing more in this flush. */
  #refused = false;

  constructor(peer: Peer, counters: Counters) {
    this.#peer = peer;
    this.#counters = counters;
  }

  /** One of `count` users who did something within the last second. */
  add(user: string, nowMs: number, count: number): void {
    this.#held.delete(user);
    if (this.#write(user, 0, count)) return;
    this.#held.set(user, nowMs);
    if (this.#held.size > limits.activeUsersMax) this.#forget(this.#held.keys().next().value);
  }

  /** The end of a flush: those held may go behind those of this second. */
  flush(nowMs: number): void {
    for (const [user, atMs] of this.#held) {
      const ageS = Math.max(1, Math.round((nowMs - atMs) / 1000));
      if (ageS > limits.activeAgeMaxS) this.#forget(user);
      else if (atMs === nowMs || !this.#write(user, ageS, this.#held.size)) break;
      else this.#held.delete(user);
    }
    this.#end();
    this.#refused = false;
  }

  #write(user: string, ageS: number, count: number): boolean {
    if (ageS !== this.#ageS || this.#count === limits.activeUsersPerFrame) this.#end();
    this.#ageS = ageS;
    if (this.#writer === undefined && !this.#refused) {
      const size = Math.min(count, limits.activeUsersPerFrame) * USER_BYTES;
      this.#writer = this.#peer.link?.begin(ACTIVE, size);
      this.#refused = this.#writer === undefined;
    }
    if (this.#writer === undefined) return false;
    this.#writer.ascii(USERS, user);
    this.#count++;
    return true;
  }

  #end(): void {
    if (this.#writer === undefined) return;
    if (this.#ageS > 0) this.#writer.uint(AGE, this.#ageS);
    this.#peer.link?.end();
    this.#counters.active += this.#count;
    this.#writer = undefined;
    this.#count = 0;
  }

  #forget(user: string | undefined): void {
    if (user !== undefined && this.#held.delete(user)) this.#counters.inactive++;
  }
}
