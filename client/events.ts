import type { GroupChange } from "../gen/chat/client/v1/groups.js";
import type { SeqRange, StoredMessage } from "./store.js";

/** A new message: from another user, or from another device of this user. Already stored. */
export interface MessageEvent extends StoredMessage {
  own: boolean;
}

/** A group changed: an entry of its log, in order with the messages. Already stored. */
export interface GroupEvent {
  conversation: string;
  seq: number;
  /** Who changed it, and his key of the change. */
  sender: string;
  requestId: string;
  atUnixMs: number;
  change: GroupChange;
}

/** A message that this device could not take in, and the server gave up on: show that something is there. */
export interface PlaceholderEvent extends StoredMessage {
  own: boolean;
}

/** ✓: a message of this device is stored on the server. */
export interface SentEvent {
  conversation: string;
  clientMessageId: string;
  text: string;
  seq: number;
  atUnixMs: number;
}

/** A message will never be accepted; it has left the outbox. */
export interface RejectedEvent {
  conversation: string;
  clientMessageId: string;
  text: string;
  reason: RejectedReason;
}

/**
 * CONFLICT: the store of this device is older than the server knows it; log in anew. BLOCKED: this user has blocked the other one, whom he
 * must unblock first. NOT_ALLOWED: only admins of the group may send; NOT_A_MEMBER: he is in it no more.
 */
export type RejectedReason =
  | "INVALID"
  | "CONTENT"
  | "NOT_FOUND"
  | "NOT_ALLOWED"
  | "NOT_A_MEMBER"
  | "BLOCKED"
  | "CONFLICT"
  | "OTHER";

/**
 * Ticks of own messages: ✓✓ up to `delivered`, blue up to `read`, and neither for those in `except`, which somebody has only
 * as a placeholder, and those in `exceptRanges`, which the other one never gets, or in a group none of those who are in it now; those in `unreadRanges` are not
 * blue. They only rise.
 */
export interface TickEvent {
  conversation: string;
  delivered: number;
  read: number;
  except: readonly number[];
  exceptRanges: readonly SeqRange[];
  unreadRanges: readonly SeqRange[];
}

/** The user has read up to here, on any device. */
export interface OwnReadEvent {
  conversation: string;
  seq: number;
}

/** Everything up to the heads was delivered, but for `pending` entries that keep coming. */
export interface CaughtUpEvent {
  pending: number;
}

/** What may be known of a watched user; neither online nor a time: nothing. */
export interface PresenceEvent {
  user: string;
  online: boolean;
  /** When he last did something; 0 while he is online, and when it is not known or not shown. */
  lastSeenUnixMs: number;
}

/** A member of a conversation writes, or has stopped: then `doing` is undefined. */
export interface TypingEvent {
  conversation: string;
  user: string;
  doing: "text" | "recording" | undefined;
}

export type ConnectionEvent =
  | { state: "connecting" }
  | { state: "online" }
  /** Tries again after `retryInMs`. */
  | { state: "waiting"; retryInMs: number; why: string }
  /** Does not try again by itself. */
  | { state: "stopped"; reason: StopReason; why: string };

export type StopReason =
  | "closed"
  /** The device was revoked or its tokens are void: log in again. */
  | "logged-out"
  /** Another connection of this device took over. */
  | "superseded"
  /** The server found our frames faulty. */
  | "bug"
  /** The store failed; nothing was acknowledged that is not stored. */
  | "store";

export interface ClientEvents {
  message: MessageEvent;
  group: GroupEvent;
  placeholder: PlaceholderEvent;
  /** The message behind a placeholder has come after all. */
  replaced: MessageEvent;
  sent: SentEvent;
  rejected: RejectedEvent;
  tick: TickEvent;
  ownRead: OwnReadEvent;
  caughtUp: CaughtUpEvent;
  presence: PresenceEvent;
  typing: TypingEvent;
  connection: ConnectionEvent;
}

/** One event with its name, as the pure core hands it out. */
export type ClientEvent = {
  [K in keyof ClientEvents]: { name: K; value: ClientEvents[K] };
}[keyof ClientEvents];

type Listener<T> = (value: T) => void;

/** A small typed emitter. A listener that throws does not stop the others. */
export class Emitter {
  private readonly listeners = new Map<keyof ClientEvents, Set<Listener<never>>>();

  /** Returns the function that unsubscribes. */
  on<K extends keyof ClientEvents>(name: K, listener: Listener<ClientEvents[K]>): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set);
    set.add(listener as Listener<never>);
    return () => set.delete(listener as Listener<never>);
  }

  emit(event: ClientEvent): void {
    for (const listener of [...(this.listeners.get(event.name) ?? [])]) {
      try {
        (listener as Listener<unknown>)(event.value);
      } catch (error) {
        // The app's fault must be seen, but must not break the protocol.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}
