import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { Clock } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import { accessToken } from "../lib/token.js";
import type { AuthEvents } from "./events.js";
import type { AuthStore, Revocation } from "./store.js";

/** The revocations that still matter, since an access token of the device may not have expired; and who is told. */
export interface RevocationFeed {
  /** Tells everyone who watches, now and later. The revocation is durable already. */
  publish(revocation: Revocation): void;
  /** Whether this device of this user was revoked a short time ago. */
  has(user: string, device: string): boolean;
  /**
   * First all that matter, then each as it happens; an empty list every 5 s, and at first when there are none. One who is
   * too slow is ended with BUSY: he watches again and gets all.
   */
  watch(signal: AbortSignal): AsyncGenerator<readonly Revocation[]>;
  /** Ends all who watch. */
  close(): void;
}

export interface FeedDeps {
  readonly store: Pick<AuthStore, "listRevocations">;
  readonly clock: Clock;
  readonly events: Pick<AuthEvents, "watcherDropped">;
  readonly accessLifeMs: number;
}

interface Watcher {
  readonly pending: Revocation[];
  readonly pendingMax: number;
  /** A sign of life is due. */
  beat: boolean;
  dropped: boolean;
  wake: () => void;
}

const BEAT_MS = 5000;
const PENDING_MAX = 10_000;
/** About 60 bytes each: well within one gRPC message. */
const CHUNK = 1000;
/** A token may have been signed a moment after its device was revoked, by a call that was under way. */
const MARGIN_MS = 30_000;

/** Reads what was revoked before this process began. */
export async function openRevocationFeed(deps: FeedDeps): Promise<RevocationFeed> {
  const keepMs = deps.accessLifeMs + accessToken.toleranceMs + MARGIN_MS;
  const sinceMs = () => deps.clock.wallMs() - keepMs;
  const recent = new Map<string, Revocation>();
  for (const revocation of await deps.store.listRevocations(sinceMs())) {
    recent.set(revocation.device, revocation);
  }
  const watchers = new Set<Watcher>();
  let closed = false;

  const beat = deps.clock.every(BEAT_MS, () => {
    for (const watcher of watchers) {
      watcher.beat = true;
      watcher.wake();
    }
  });
  const forget = deps.clock.every(keepMs, () => {
    // Rows that stay because this failed go the next time.
    deps.store.listRevocations(sinceMs()).catch(() => undefined);
  });

  function dropOld(): void {
    const since = sinceMs();
    for (const [device, { atMs }] of recent) {
      if (atMs >= since) return;
      recent.delete(device);
    }
  }

  return {
    publish(revocation) {
      dropOld();
      recent.set(revocation.device, revocation);
      for (const watcher of watchers) push(watcher, revocation);
    },
    has(user, device) {
      return recent.get(device)?.user === user;
    },
    async *watch(signal) {
      dropOld();
      const watcher = newWatcher([...recent.values()]);
      const wake = () => watcher.wake();
      signal.addEventListener("abort", wake);
      watchers.add(watcher);
      try {
        yield* follow(watcher, () => closed || signal.aborted, deps.events);
      } finally {
        watchers.delete(watcher);
        signal.removeEventListener("abort", wake);
      }
    },
    close() {
      beat.cancel();
      forget.cancel();
      closed = true;
      for (const watcher of watchers) watcher.wake();
    },
  };
}

function newWatcher(pending: Revocation[]): Watcher {
  const pendingMax = pending.length + PENDING_MAX;
  return { pending, pendingMax, beat: true, dropped: false, wake: () => undefined };
}

function push(watcher: Watcher, revocation: Revocation): void {
  if (watcher.pending.length >= watcher.pendingMax) {
    watcher.dropped = true;
    watcher.pending.length = 0;
  }
  if (!watcher.dropped) watcher.pending.push(revocation);
  watcher.wake();
}

async function* follow(
  watcher: Watcher,
  ended: () => boolean,
  events: FeedDeps["events"],
): AsyncGenerator<readonly Revocation[]> {
  while (!ended()) {
    if (watcher.dropped) {
      events.watcherDropped();
      throw new RpcError(ErrorReason.BUSY, "too slow: watch again to get all revocations");
    }
    if (watcher.pending.length > 0 || watcher.beat) {
      watcher.beat = false;
      yield watcher.pending.splice(0, CHUNK);
      continue;
    }
    await new Promise<void>((resolve) => {
      watcher.wake = resolve;
    });
  }
}
