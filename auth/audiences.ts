import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { Clock, Timer } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import type { Hiding, PrivacyStore, Seen } from "./privacy-store.js";

/** What a watcher is told at a time. */
export interface Told {
  readonly rules: readonly AudienceRule[];
  readonly complete: boolean;
}

interface Watcher {
  /** Users whose rules may have changed since he was told. */
  readonly pending: Set<string>;
  /** A sign of life is due. */
  beat: boolean;
  wake: () => void;
}

const BEAT_MS = 5_000;
const PENDING_MAX = 100_000;
/** What is read, and told in one message, of all that there is: several of the longest rules. */
const CHUNK_BYTES = 256 * 1024;
/** Changes in one message: each with all his contacts, it stays within what gRPC takes. */
const NEWS = 4;

/** Who hides his presence from whom, for those who show it: first what there is, then what changes. */
export class Audiences {
  readonly #watchers = new Set<Watcher>();
  readonly #beat: Timer;
  #closed = false;

  constructor(readonly deps: { readonly store: PrivacyStore; readonly clock: Clock }) {
    this.#beat = deps.clock.every(BEAT_MS, () => {
      for (const watcher of this.#watchers) {
        watcher.beat = true;
        watcher.wake();
      }
    });
  }

  /** The user has changed something, which is durable. */
  changed(user: string): void {
    for (const watcher of this.#watchers) {
      watcher.pending.add(user);
      watcher.wake();
    }
  }

  close(): void {
    this.#closed = true;
    this.#beat.cancel();
    for (const watcher of this.#watchers) watcher.wake();
  }

  /** Ends with BUSY for one who is too slow: he watches again and gets all. */
  async *watch(signal: AbortSignal): AsyncGenerator<Told> {
    const watcher: Watcher = { pending: new Set(), beat: false, wake: () => {} };
    const wake = () => watcher.wake();
    signal.addEventListener("abort", wake);
    // From here on changes are noted: what there is may be read while they happen.
    this.#watchers.add(watcher);
    try {
      yield* this.#all();
      while (!this.#closed && !signal.aborted) yield* this.#news(watcher);
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener("abort", wake);
    }
  }

  /** What comes next is read while this is told. */
  async *#all(): AsyncGenerator<Told> {
    const { store } = this.deps;
    const read = (after: string) => {
      const page = store.listHiding(after, CHUNK_BYTES);
      // Nobody waits for it when the watcher leaves.
      page.catch(() => undefined);
      return page;
    };
    for (let page = read(""); ; ) {
      const hiding = await page;
      const last = hiding.at(-1);
      if (last !== undefined) page = read(last.user);
      yield { rules: hiding.map(ruleOf), complete: last === undefined };
      if (last === undefined) return;
    }
  }

  async *#news(watcher: Watcher): AsyncGenerator<Told> {
    const { pending } = watcher;
    if (pending.size > PENDING_MAX) {
      throw new RpcError(ErrorReason.BUSY, "too slow: watch again to get all of it");
    }
    if (pending.size > 0 || watcher.beat) {
      watcher.beat = false;
      const users = first(pending, NEWS);
      for (const user of users) pending.delete(user);
      yield { rules: await Promise.all(users.map((user) => this.#now(user))), complete: false };
      return;
    }
    await new Promise<void>((resolve) => {
      watcher.wake = resolve;
    });
  }

  /** The version first: what is younger than it comes once more. */
  async #now(user: string): Promise<AudienceRule> {
    const { store } = this.deps;
    const { version } = await store.findPrivacy(user);
    const nothing = {
      lastSeen: "everyone",
      online: "everyone",
      contacts: [],
      blocked: [],
    } as const;
    return ruleOf((await store.findHiding(user)) ?? { user, version, ...nothing });
  }
}

function ruleOf({ user, version, lastSeen, online, contacts, blocked }: Hiding): AudienceRule {
  return {
    user,
    version,
    lastSeen: visibilityOf(lastSeen),
    online: visibilityOf(online),
    contacts: [...contacts],
    blocked: [...blocked],
  };
}

function first(users: Iterable<string>, count: number): string[] {
  const some: string[] = [];
  for (const user of users) {
    if (some.length === count) break;
    some.push(user);
  }
  return some;
}

export function visibilityOf(seen: Seen): Visibility {
  if (seen === "everyone") return Visibility.EVERYONE;
  return seen === "contacts" ? Visibility.CONTACTS : Visibility.NOBODY;
}
