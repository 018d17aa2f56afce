import { FailReason } from "../gen/chat/client/v1/history.js";
import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Audience } from "./audience.js";
import type { PresenceConfig } from "./config.js";
import type { Events } from "./events.js";
import { Leases } from "./leases.js";
import { Loads, type Read } from "./loads.js";
import { writeFailed } from "./outgoing.js";
import { DAY_S } from "./points.js";
import { Saving } from "./saving.js";
import type { PresenceStore } from "./store.js";
import { FLAG, NEVER, NONE, Users } from "./users.js";
import type { Place } from "./watch.js";
import { Watches } from "./watches.js";

export interface PresenceDeps {
  readonly store: PresenceStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly audience: Audience;
  readonly limits: PresenceLimits;
}

/** What is set in config.ts. */
export type PresenceLimits = Pick<
  PresenceConfig,
  "activeS" | "keepDays" | "usersMax" | "pointsMax" | "watchersMax" | "watchesMax"
>;

/** Reads of the store at a time, and users that may wait for one. */
const LOADS = { atATime: 32, waitingMax: 65_536 } as const;

/**
 * What users are seen to do. Last seen is the newest activity by the wall clock, told when it is stored, and never goes back; who is online
 * is decided by the monotonic one: a device has the app open, and the user did something within the last minutes.
 */
export class Presence {
  readonly users: Users;
  readonly leases: Leases;
  readonly watches: Watches;
  readonly saving: Saving;
  readonly #deps: PresenceDeps;
  readonly #loads: Loads;
  /** Seconds of both clocks, read once per batch of frames. */
  #nowS = 0;
  #wallS = 0;

  constructor(deps: PresenceDeps) {
    const { store, events, audience } = deps;
    const { usersMax, pointsMax, watchersMax, watchesMax } = deps.limits;
    this.#deps = deps;
    this.users = new Users(usersMax, (record) => this.#mayGo(record));
    const { users } = this;
    this.leases = new Leases(users, usersMax);
    this.saving = new Saving({ store, users, events, pointsMax });
    this.watches = new Watches({
      users,
      audience,
      events,
      perUserMax: watchersMax,
      max: watchesMax,
      viewOf: (record) => this.viewOf(record),
      isUnsaved: (record) => this.saving.holds(record),
      load: (record, read) => this.#loads.want(record, read),
    });
    this.#loads = new Loads({
      ...{ store, users, events, ...LOADS },
      done: (record, read, second) => this.#wasRead(record, read, second),
    });
    this.now();
  }

  /** Reads the clocks. */
  now(): void {
    const { clock } = this.#deps;
    this.#nowS = Math.floor(clock.nowMs() / 1000);
    this.#wallS = Math.floor(clock.wallMs() / 1000);
  }

  /** The user whose well-formed id lies there did something so many seconds ago. */
  active(buf: Uint8Array, start: number, ageS = 0): void {
    const { users, saving } = this;
    const { counts } = this.#deps.events;
    counts.activities++;
    const record = users.takeAt(buf, start);
    if (record === NONE) {
      counts.refused++;
      return;
    }
    const atS = this.#nowS - ageS;
    if (atS > (users.active[record] as number)) users.active[record] = atS;
    const second = this.#wallS - ageS;
    if (users.point[record] !== second) {
      users.point[record] = second;
      const day = Math.floor(second / DAY_S);
      // A point that is lost does not begin the day: the next one does.
      if (saving.add(record, second, users.day[record] !== day)) users.day[record] = day;
    }
    if (users.has(record, FLAG.watched)) this.#touched(record);
  }

  foreground(user: string, device: string): void {
    const record = this.users.take(user);
    const untilMs = this.#deps.clock.nowMs() + limits.foregroundMs;
    if (record === NONE || !this.leases.hold(record, device, untilMs)) {
      this.#deps.events.counts.refused++;
      return;
    }
    // This process may be younger than what the user did last.
    if (!this.users.has(record, FLAG.loaded)) this.#loads.want(record, FLAG.loading);
    this.#touched(record);
  }

  background(user: string, device: string): void {
    const record = this.users.find(user);
    if (record === NONE) return;
    this.leases.end(record, device);
    this.#touched(record);
  }

  watch(viewer: string, place: Place, request: number, user: string): void {
    const record = this.users.take(user);
    const nowMs = this.#deps.clock.nowMs();
    const watch =
      record === NONE ? FailReason.BUSY : this.watches.watch(record, viewer, place, nowMs);
    if (typeof watch !== "object") writeFailed(place, request, watch);
    else if (!this.watches.ask(record, watch, request)) {
      writeFailed(place, request, FailReason.BUSY);
    }
  }

  isOnline(record: number): boolean {
    const active = this.users.active[record] as number;
    if (active === NEVER || this.#nowS - active >= this.#deps.limits.activeS) return false;
    return this.leases.runs(record, this.#deps.clock.nowMs());
  }

  /** What there is to see, with nothing hidden. */
  viewOf(record: number): { readonly online: boolean; readonly seen: number } {
    const seen = this.users.seen[record] as number;
    const isKept = this.#wallS - seen < this.#deps.limits.keepDays * DAY_S;
    return { online: this.isOnline(record), seen: isKept ? seen : 0 };
  }

  /** Once per second: stores what happened, tells what changed by itself. */
  tick(): void {
    this.now();
    this.saving.tick();
    const nowMs = this.#deps.clock.nowMs();
    this.leases.sweep(nowMs);
    this.watches.sweep(nowMs);
  }

  async stop(): Promise<void> {
    await this.#loads.stop();
    await this.saving.stop();
  }

  #touched(record: number): void {
    if (!this.users.has(record, FLAG.watched)) return;
    this.watches.touched(record, this.#deps.clock.nowMs());
  }

  #wasRead(record: number, read: Read, second: number | undefined): void {
    this.now();
    if (read === FLAG.loading && second !== undefined) this.#loaded(record, second);
    this.watches.wasRead(record, read, second !== undefined);
    this.#touched(record);
  }

  #loaded(record: number, second: number): void {
    const { users } = this;
    users.set(record, FLAG.loaded);
    if (second > (users.seen[record] as number)) users.seen[record] = second;
    const ageS = this.#wallS - second;
    if (second > 0 && ageS >= 0) {
      // What a parser told late may be older than what is stored.
      const active = this.#nowS - Math.min(ageS, this.#deps.limits.activeS);
      users.active[record] = Math.max(users.active[record] as number, active);
    }
  }

  #mayGo(record: number): boolean {
    const { users, saving } = this;
    if (users.has(record, FLAG.watched | FLAG.loading | FLAG.pretending)) return false;
    return users.lease[record] === NONE && !saving.holds(record);
  }
}
