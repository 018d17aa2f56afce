import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { Clock, Timer } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import type { PrivacyStore, Seen, Settings } from "./privacy-store.js";

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
/** Users in one message: each with all his contacts, it stays within what gRPC takes. */
const CHUNK = 4;

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

  async *#all(): AsyncGenerator<Told> {
    const { store } = this.deps;
    for (let after = ""; ; ) {
      const users = await store.listHiding(after, CHUNK);
      const complete = users.length < CHUNK;
      yield { rules: await this.#rules(users), complete };
      if (complete) return;
      after = users.at(-1) as string;
    }
  }

  async *#news(watcher: Watcher): AsyncGenerator<Told> {
    const { pending } = watcher;
    if (pending.size > PENDING_MAX) {
      throw new RpcError(ErrorReason.BUSY, "too slow: watch again to get all of it");
    }
    if (pending.size > 0 || watcher.beat) {
      watcher.beat = false;
      const users = [...pending].slice(0, CHUNK);
      for (const user of users) pending.delete(user);
      yield { rules: await this.#rules(users), complete: false };
      return;
    }
    await new Promise<void>((resolve) => {
      watcher.wake = resolve;
    });
  }

  #rules(users: readonly string[]): Promise<AudienceRule[]> {
    return Promise.all(users.map((user) => this.#ruleOf(user)));
  }

  /** The version first: lists that are younger than it come once more. */
  async #ruleOf(user: string): Promise<AudienceRule> {
    const { store } = this.deps;
    const { version, settings } = await store.findPrivacy(user);
    const named = async (list: "blocks" | "contacts") =>
      (await store.listPeers(list, user)).map((peer) => peer.user);
    return {
      user,
      version,
      lastSeen: visibilityOf(settings.lastSeen),
      online: visibilityOf(settings.online),
      contacts: needsContacts(settings) ? await named("contacts") : [],
      blocked: await named("blocks"),
    };
  }
}

function needsContacts({ lastSeen, online }: Settings): boolean {
  return lastSeen === "contacts" || online === "contacts";
}

export function visibilityOf(seen: Seen): Visibility {
  if (seen === "everyone") return Visibility.EVERYONE;
  return seen === "contacts" ? Visibility.CONTACTS : Visibility.NOBODY;
}
