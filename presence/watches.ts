import { FailReason } from "../gen/chat/client/v1/history.js";
import { limits } from "../lib/limits.js";
import type { Audience } from "./audience.js";
import type { Events } from "./events.js";
import type { Read } from "./loads.js";
import { Push, writeAnswer, writeFailed } from "./outgoing.js";
import { FLAG, type Users } from "./users.js";
import { isSame, NOTHING, type Place, type View, Watch, Watched } from "./watch.js";

export interface WatchesDeps {
  readonly users: Users;
  readonly audience: Audience;
  readonly events: Events;
  readonly perUserMax: number;
  readonly max: number;
  /** What there is to see of a user now, before anything is hidden; `online` and when he was last seen, both. */
  readonly viewOf: (record: number) => { readonly online: boolean; readonly seen: number };
  /** Whether he did something that is not stored yet, and so not in what there is to see. */
  readonly isUnsaved: (record: number) => boolean;
  /** Reads the store; false when too many wait for that. */
  readonly load: (record: number, read: Read) => boolean;
}

/** Questions of one connection about one user that wait for the store; whoever asks more often asks again. */
const REQUESTS_MAX = 8;

/** Who watches whom, and what they were told. The cost of a change is one event per parser with watchers of that user. */
export class Watches {
  readonly #deps: WatchesDeps;
  readonly #watched = new Map<number, Watched>();
  /** Watches per connection. */
  readonly #perConnection = new Map<string, number>();
  #size = 0;

  constructor(deps: WatchesDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#size;
  }

  countOf(record: number): number {
    return this.#watched.get(record)?.watches.size ?? 0;
  }

  /** Begins a watch or renews it; gives why not. */
  watch(record: number, viewer: string, place: Place, nowMs: number): Watch | FailReason {
    const key = `${place.gateway}/${place.connection}`;
    const known = this.#watched.get(record)?.watches.get(key);
    if (known === undefined) {
      const refusal = this.#refusal(record, key);
      if (refusal !== undefined) return refusal;
      this.#perConnection.set(key, (this.#perConnection.get(key) ?? 0) + 1);
      this.#size++;
    }
    // Another link leads to the connection: what went over the old one may be lost.
    const watch = known?.place.link === place.link ? known : new Watch(key, viewer, place);
    if (known !== undefined && known !== watch) {
      watch.requests.push(...known.requests);
      watch.waitsFor = known.waitsFor;
    }
    watch.untilMs = nowMs + limits.watchMs;
    this.#of(record).watches.set(key, watch);
    return watch;
  }

  #refusal(record: number, key: string): FailReason | undefined {
    const { perUserMax, max, events } = this.#deps;
    const held = this.#perConnection.get(key) ?? 0;
    const full = this.#size >= max || this.countOf(record) >= perUserMax;
    if (held < limits.watchesPerConnection && !full) return undefined;
    events.counts.refused++;
    return full ? FailReason.BUSY : FailReason.TOO_MANY;
  }

  #of(record: number): Watched {
    const { users } = this.#deps;
    let watched = this.#watched.get(record);
    if (watched === undefined) {
      watched = new Watched(record, users.idOf(record));
      this.#watched.set(record, watched);
      users.set(record, FLAG.watched);
    }
    return watched;
  }

  /** Answers now, or when the store has been read; false when too many wait for that. */
  ask(record: number, watch: Watch, request: number): boolean {
    const { requests, answered } = watch;
    const read = requests.length > 0 ? watch.waitsFor : this.#readFor(record, watch);
    if (read !== undefined && !answered) {
      if (requests.length >= REQUESTS_MAX || !this.#deps.load(record, read)) return false;
      watch.waitsFor = read;
      requests.push(request);
      return true;
    }
    // A change that it brings is pushed.
    if (read === FLAG.loading) this.#deps.load(record, read);
    this.#answer(record, watch, request);
    return true;
  }

  /**
   * What the first answer waits for. One that says nothing always takes a read of the store, and where that must not matter of nobody: how
   * long it takes, behind what it comes and whether it fails would otherwise tell who hides from who was never seen.
   */
  #readFor(record: number, { viewer }: Watch): Read | undefined {
    const { users, audience, viewOf } = this.#deps;
    const user = users.idOf(record);
    const view = this.#shown(viewer, user, viewOf(record));
    const matters = view.online || audience.maySee(viewer, user, "lastSeen");
    if (matters && !users.has(record, FLAG.loaded)) return FLAG.loading;
    return isSame(view, NOTHING) ? FLAG.pretending : undefined;
  }

  /** Says what is known to who asked. */
  #answer(record: number, watch: Watch, request: number): void {
    const { events } = this.#deps;
    const watched = this.#watched.get(record);
    if (watched === undefined) return;
    const view = this.#shown(watch.viewer, watched.user, this.#deps.viewOf(record));
    if (!writeAnswer(watch.place, request, watched.user, view)) {
      events.counts.shed++;
      return;
    }
    watch.told = view;
    watch.answered = true;
    events.counts.told++;
  }

  /** Whether the viewer may see nothing. Such a watch counts as any other: where it did not, the bounds would tell who hides. */
  #isHidden(viewer: string, user: string): boolean {
    const { audience } = this.#deps;
    return !audience.maySee(viewer, user, "online") && !audience.maySee(viewer, user, "lastSeen");
  }

  /** The store was read, or could not be: those who wait are answered. */
  wasRead(record: number, read: Read, known: boolean): void {
    for (const watch of this.#watched.get(record)?.watches.values() ?? []) {
      if (watch.waitsFor !== read) continue;
      for (const request of watch.requests.splice(0)) {
        if (known) this.#answer(record, watch, request);
        else writeFailed(watch.place, request, FailReason.BUSY);
      }
    }
  }

  /** Something may have changed for who watches this user. */
  touched(record: number, nowMs: number): void {
    const watched = this.#watched.get(record);
    if (watched !== undefined) this.#refresh(watched, nowMs);
  }

  /** Ends what ran out and tells what changed by itself, or because somebody shows or hides something from now on. */
  sweep(nowMs: number): void {
    const changed = this.#deps.audience.changed();
    for (const watched of this.#watched.values()) {
      for (const watch of watched.watches.values()) {
        if (watch.untilMs <= nowMs || !watch.place.link.alive) this.#end(watched, watch);
      }
      if (watched.watches.size > 0) {
        this.#refresh(watched, nowMs);
        if (changed.size > 0) this.#tellAudience(watched, changed);
      } else {
        this.#watched.delete(watched.record);
        this.#deps.users.clear(watched.record, FLAG.watched);
      }
    }
  }

  /** To those between whom and the watched user something may have changed, how long ago they were told or not. */
  #tellAudience(watched: Watched, changed: ReadonlySet<string>): void {
    const { users, viewOf, load } = this.#deps;
    const { record, user, watches } = watched;
    const whole = changed.has(user);
    const concerned = [...watches.values()].filter(({ viewer }) => whole || changed.has(viewer));
    if (concerned.length === 0) return;
    if (users.has(record, FLAG.loaded)) this.#push(watched, viewOf(record), concerned);
    else if (concerned.some(({ viewer }) => !this.#isHidden(viewer, user))) {
      load(record, FLAG.loading);
    }
  }

  #end(watched: Watched, { key }: Watch): void {
    watched.watches.delete(key);
    this.#size--;
    const left = (this.#perConnection.get(key) ?? 1) - 1;
    if (left === 0) this.#perConnection.delete(key);
    else this.#perConnection.set(key, left);
  }

  #refresh(watched: Watched, nowMs: number): void {
    const { users, viewOf, isUnsaved } = this.#deps;
    if (!users.has(watched.record, FLAG.loaded)) return;
    const view = viewOf(watched.record);
    const comes = view.online && !watched.view.online;
    // While he is online it is of no interest when he did something last.
    if (!comes && (view.online ? watched.view.online : isSame(view, watched.view))) return;
    // He would be shown with what he did before; a second later what he did last is stored.
    if (watched.view.online && !view.online && isUnsaved(watched.record)) return;
    if (!comes && nowMs - watched.toldMs < limits.presenceMs) return;
    watched.view = view;
    watched.toldMs = nowMs;
    this.#push(watched, view);
  }

  #push(watched: Watched, view: View, to: Iterable<Watch> = watched.watches.values()): void {
    const pushes = new Map<string, Push>();
    const { counts } = this.#deps.events;
    for (const watch of to) {
      if (!watch.place.link.alive || watch.requests.length > 0) continue;
      const shown = this.#shown(watch.viewer, watched.user, view);
      if (isSame(shown, watch.told)) continue;
      watch.told = shown;
      const key = `${shown.online}/${shown.seen}`;
      const push = pushes.get(key) ?? new Push(shown);
      pushes.set(key, push);
      push.add(watch.place);
      counts.told++;
    }
    for (const push of pushes.values()) {
      const shed = push.write(watched.user);
      counts.told -= shed;
      counts.shed += shed;
    }
  }

  #shown(viewer: string, user: string, { online, seen }: View): View {
    const { audience } = this.#deps;
    if (online && audience.maySee(viewer, user, "online")) return ONLINE;
    if (seen === 0 || !audience.maySee(viewer, user, "lastSeen")) return NOTHING;
    return { online: false, seen };
  }
}

const ONLINE: View = Object.freeze({ online: true, seen: 0 });
