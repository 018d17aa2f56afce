import type { Failed } from "../gen/chat/client/v1/history.js";
import { TypingKind } from "../gen/chat/client/v1/presence.js";
import type { Clock, Timer } from "./clock.js";
import type { Received } from "./codec.js";
import type { FrameKind } from "./effects.js";
import { closedError } from "./errors.js";
import type { ClientEvent, PresenceEvent } from "./events.js";
import { Looks } from "./looks.js";
import { bounds, timings } from "./timings.js";

export type Doing = "text" | "recording";

export interface PresenceDeps {
  clock: Clock;
  transmit(kind: FrameKind): void;
  emit(event: ClientEvent): void;
}

interface Watching {
  /** How often it was asked for. */
  holders: number;
  /** The last question about him. */
  request: number;
  known: PresenceEvent;
  /** What is known is forgotten when nothing is heard for too long. */
  forgetting: Timer | undefined;
}

/** Requests from here on are of watches: other questions count from 1. */
const REQUESTS = 2 ** 40;
const NEVER = Number.NEGATIVE_INFINITY;
const KINDS: Readonly<Record<Doing, TypingKind>> = {
  text: TypingKind.TEXT,
  recording: TypingKind.RECORDING,
};

/**
 * Who is online and who is writing. Nothing of it is stored, everything runs out by itself, and what the client repeats is marked as its
 * own doing: only what the app says the user did moves his last seen.
 */
export class Presence {
  private readonly watched = new Map<string, Watching>();
  private readonly looks: Looks;
  /** Who is shown as writing, by conversation and user. */
  private readonly writers = new Map<string, Timer>();
  private typed = { key: "", atMs: NEVER };
  private open = false;
  /** When the user opened the app, until that is told. */
  private openedMs = NEVER;
  private online = false;
  private renewal: Timer | undefined;
  private request = REQUESTS;

  private closed = false;

  constructor(private readonly deps: PresenceDeps) {
    this.looks = new Looks({ clock: deps.clock, ask: (user) => this.ask(user) });
  }

  /** The user opened the app on this device, or came back to it. */
  foreground(): void {
    this.open = true;
    this.openedMs = this.deps.clock.nowMs();
    this.sayForeground();
    this.renewLater();
  }

  /** The app is not open any more. */
  background(): void {
    if (this.open && this.online) this.deps.transmit({ $case: "background", value: {} });
    this.open = false;
    this.openedMs = NEVER;
  }

  /** Watches a user until the function returned is called: `presence` says what may be known of him, at first and when it changes. */
  watch(user: string): () => void {
    const fresh = { holders: 0, request: 0, known: unknown(user), forgetting: undefined };
    const watching: Watching = this.watched.get(user) ?? fresh;
    this.watched.set(user, watching);
    watching.holders++;
    this.ask(user);
    this.renewLater();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      if (--watching.holders > 0) return;
      watching.forgetting?.cancel();
      this.watched.delete(user);
    };
  }

  /**
   * Watches until the next answer. Fails when there is none within 15 s (UNREACHABLE), when too many users are watched (FULL), or when
   * the client is closed (CLOSED); asks again by itself when the server is busy and with a new connection.
   */
  async look(user: string): Promise<PresenceEvent> {
    if (this.closed) throw closedError();
    const end = this.watch(user);
    try {
      return await this.looks.next(user);
    } finally {
      end();
    }
  }

  /** What is known of a watched user. */
  of(user: string): PresenceEvent {
    return this.watched.get(user)?.known ?? unknown(user);
  }

  /** The user is writing; to be called as often as he does, it goes out every few seconds. */
  typing(conversation: string, doing: Doing = "text"): void {
    const atMs = this.deps.clock.nowMs();
    const key = `${conversation}/${doing}`;
    if (!this.online || (key === this.typed.key && atMs - this.typed.atMs < timings.typingMs))
      return;
    this.typed = { key, atMs };
    this.deps.transmit({ $case: "typing", value: { conversation, kind: KINDS[doing] } });
  }

  /** A new connection. */
  attach(): void {
    this.online = true;
    this.typed.atMs = NEVER;
    this.sayForeground();
    for (const user of this.watched.keys()) this.ask(user);
    this.renewLater();
  }

  detach(): void {
    this.online = false;
  }

  /** True when the frame was for this. */
  take(kind: Received): boolean {
    switch (kind.$case) {
      case "presence": {
        const { user, online, lastSeenUnixMs } = kind.value;
        this.learn({ user, online, lastSeenUnixMs });
        return true;
      }
      case "peerTyping":
        this.writes(kind.value.conversation, kind.value.user, kind.value.kind);
        return true;
      case "failed":
        if (kind.value.request < REQUESTS) return false;
        this.refused(kind.value);
        return true;
      default:
        return false;
    }
  }

  /** A message came: who sent it is not writing it any more. */
  sees(event: ClientEvent): void {
    if (event.name !== "message") return;
    const { conversation, sender: user } = event.value;
    const timer = this.writers.get(`${conversation}/${user}`);
    if (timer === undefined) return;
    timer.cancel();
    this.stops(conversation, user);
  }

  close(): void {
    this.closed = true;
    this.background();
    this.looks.close();
    this.renewal?.cancel();
    for (const timer of this.writers.values()) timer.cancel();
    for (const { forgetting } of this.watched.values()) forgetting?.cancel();
    this.writers.clear();
    this.watched.clear();
  }

  private sayForeground(): void {
    if (!this.open || !this.online) return;
    // Who opens the app is soon connected; a connection that comes later is no sign of him.
    const automatic = this.deps.clock.nowMs() - this.openedMs > timings.foregroundMs;
    this.openedMs = NEVER;
    this.deps.transmit({ $case: "foreground", value: { automatic } });
  }

  private ask(user: string): void {
    const watching = this.watched.get(user);
    if (!this.online || watching === undefined) return;
    watching.request = ++this.request;
    this.deps.transmit({ $case: "watch", value: { request: this.request, user } });
  }

  private renewLater(): void {
    this.renewal ??= this.deps.clock.after(timings.foregroundRepeatMs, () => this.renew());
  }

  private renew(): void {
    this.renewal = undefined;
    if (!this.open && this.watched.size === 0) return;
    this.sayForeground();
    for (const user of this.watched.keys()) this.ask(user);
    this.renewLater();
  }

  private learn(known: PresenceEvent): void {
    const watching = this.watched.get(known.user);
    if (watching === undefined) return;
    watching.forgetting?.cancel();
    watching.forgetting = this.deps.clock.after(timings.foregroundMs, () =>
      this.show(watching, unknown(known.user)),
    );
    this.show(watching, known);
    this.looks.answered(known);
  }

  private refused({ request, reason, retryAfterMs }: Failed): void {
    for (const [user, watching] of this.watched) {
      if (watching.request === request) this.looks.refused(user, reason, retryAfterMs);
    }
  }

  private show(watching: Watching, known: PresenceEvent): void {
    const { online, lastSeenUnixMs } = watching.known;
    watching.known = known;
    if (online === known.online && lastSeenUnixMs === known.lastSeenUnixMs) return;
    this.deps.emit({ name: "presence", value: known });
  }

  private writes(conversation: string, user: string, kind: TypingKind): void {
    const doing = kind === TypingKind.RECORDING ? "recording" : "text";
    const key = `${conversation}/${user}`;
    const before = this.writers.get(key);
    if (before === undefined && this.writers.size >= bounds.writersMax) return;
    before?.cancel();
    const timer = this.deps.clock.after(timings.typingShownMs, () =>
      this.stops(conversation, user),
    );
    this.writers.set(key, timer);
    this.deps.emit({ name: "typing", value: { conversation, user, doing } });
  }

  private stops(conversation: string, user: string): void {
    this.writers.delete(`${conversation}/${user}`);
    this.deps.emit({ name: "typing", value: { conversation, user, doing: undefined } });
  }
}

function unknown(user: string): PresenceEvent {
  return { user, online: false, lastSeenUnixMs: 0 };
}
