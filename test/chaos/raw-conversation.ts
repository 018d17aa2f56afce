import { randomUUID } from "node:crypto";
import type { ClientKind } from "../history/frame-notes.js";

const RESEND_MS = 5_000;
const RESEND_MAX_MS = 20_000;
const READ_REPEAT_MS = 10_000;
const RESYNC_REPEAT_MS = 5_000;
const IN_FLIGHT_MAX = 16;

interface Pending {
  readonly id: string;
  readonly text: string;
  readonly number: number;
  /** It has left the device at least once. */
  left: boolean;
}

export interface ConversationDeps {
  readonly id: string;
  /** False when there is no connection. */
  readonly send: (kind: ClientKind) => boolean;
  /** The last entry shown without a gap. */
  readonly last: () => number;
}

/** What a correct device keeps of a conversation, written from the head of frames.proto and from nothing else. */
export class RawConversation {
  readonly #deps: ConversationDeps;
  readonly #pending: Pending[] = [];
  #lastNumber = 0;
  #finalNumber = 0;
  #resendAtMs = Number.POSITIVE_INFINITY;
  #resendMs = RESEND_MS;
  #acked = 0;
  #read = 0;
  #readAtMs = Number.POSITIVE_INFINITY;
  #resyncAtMs = Number.POSITIVE_INFINITY;
  /** Told by Receipt. */
  ownRead = 0;
  peerRead = 0;
  newestOwn = 0;

  constructor(deps: ConversationDeps) {
    this.#deps = deps;
  }

  get unanswered(): number {
    return this.#pending.length;
  }

  get hasRoom(): boolean {
    const first = this.#pending[0]?.number ?? this.#lastNumber + 1;
    return this.#lastNumber + 1 - first < IN_FLIGHT_MAX;
  }

  say(text: string, nowMs: number): void {
    const message = { id: randomUUID(), text, number: ++this.#lastNumber, left: false };
    this.#pending.push(message);
    this.#transmit(message);
    this.#resendAtMs = Math.min(this.#resendAtMs, nowMs + this.#resendMs);
  }

  /** Gives true when the message was waited for. */
  settle(id: string, seq: number, nowMs: number): boolean {
    this.newestOwn = Math.max(this.newestOwn, seq);
    const at = this.#pending.findIndex((message) => message.id === id);
    if (at < 0) return false;
    const [message] = this.#pending.splice(at, 1) as [Pending];
    this.#finalNumber = Math.max(this.#finalNumber, message.number);
    this.#resendMs = RESEND_MS;
    this.#resendAtMs = this.#pending.length > 0 ? nowMs + RESEND_MS : Number.POSITIVE_INFINITY;
    return true;
  }

  outOfOrder(expected: number): void {
    if (expected <= this.#finalNumber) return;
    for (const message of this.#pending) if (message.number >= expected) this.#transmit(message);
  }

  busy(retryAfterMs: number, nowMs: number): void {
    this.#resendAtMs = Math.min(this.#resendAtMs, nowMs + Math.max(retryAfterMs, 50));
  }

  /** An entry came: a new one, one that is there already, or one beyond a gap. */
  delivered(seq: number, nowMs: number): void {
    if (seq <= this.#deps.last()) {
      this.#acked = 0;
      this.#resyncAtMs = Number.POSITIVE_INFINITY;
    } else if (this.#resyncAtMs === Number.POSITIVE_INFINITY) {
      this.#resyncAtMs = nowMs;
    }
  }

  read(seq: number, nowMs: number): void {
    if (seq <= this.#read) return;
    this.#read = seq;
    this.#readAtMs = nowMs;
  }

  /** A new connection. */
  attach(nowMs: number): void {
    this.#acked = 0;
    this.#resyncAtMs = Number.POSITIVE_INFINITY;
    this.#resendMs = RESEND_MS;
    this.#resendAtMs = this.#pending.length > 0 ? nowMs : Number.POSITIVE_INFINITY;
    if (this.#read > this.ownRead) this.#readAtMs = nowMs;
  }

  /** Says all that is due. */
  flush(nowMs: number): void {
    if (this.#resendAtMs <= nowMs) {
      for (const message of this.#pending) this.#transmit(message);
      this.#resendAtMs = nowMs + this.#resendMs;
      this.#resendMs = Math.min(this.#resendMs * 2, RESEND_MAX_MS);
    }
    const { id: conversation, send, last } = this.#deps;
    if (last() > this.#acked) {
      this.#acked = last();
      send({ $case: "ack", value: { conversation, seq: this.#acked } });
    }
    if (this.#readAtMs <= nowMs) {
      const isDone = this.#read <= this.ownRead;
      this.#readAtMs = isDone ? Number.POSITIVE_INFINITY : nowMs + READ_REPEAT_MS;
      const value = { conversation, seq: this.#read, automatic: false };
      if (!isDone) send({ $case: "read", value });
    }
    if (this.#resyncAtMs <= nowMs) {
      this.#resyncAtMs = nowMs + RESYNC_REPEAT_MS;
      send({ $case: "resync", value: { conversation, last: last() } });
    }
  }

  #transmit(message: Pending): void {
    const { id: conversation, send, last } = this.#deps;
    const { id: clientMessageId, text, number, left: automatic } = message;
    const content = { kind: { $case: "text" as const, value: { text } } };
    const value = { conversation, clientMessageId, number, content, acked: last(), automatic };
    if (!send({ $case: "send", value })) return;
    message.left = true;
    this.#acked = Math.max(this.#acked, last());
  }
}
