import type { Entry, Send } from "../../gen/chat/client/v1/messages.js";
import { RejectReason } from "../../gen/chat/client/v1/messages.js";
import type { ServerFrameKind } from "../codec.js";

interface Outcome {
  number: number;
  id: string;
  text: string;
  /** Undefined: rejected. */
  seq: number | undefined;
}

/**
 * The server's side of one conversation's log, as the contract tells it: dedup and order by number,
 * one seq per accepted message. Texts steer it: `reject!…` is refused, `free!…` refused without
 * using its number up.
 */
export class LogModel {
  readonly entries: Entry[] = [];
  private readonly senders = new Map<string, { last: number; outcomes: Outcome[] }>();
  /** Sends to answer with Busy. */
  busy = 0;

  constructor(
    readonly conversation: string,
    /** Entries of these senders are not for anybody: lawful holes. */
    private readonly hiddenSender = "",
  ) {}

  get head(): number {
    return this.entries.length;
  }

  visible(entry: Entry): boolean {
    return entry.sender !== this.hiddenSender;
  }

  /** The seq before this one that a device may see. */
  before(seq: number): number {
    let after = seq - 1;
    while (after > 0 && !this.visible(this.entries[after - 1] as Entry)) after--;
    return after;
  }

  append(sender: string, clientMessageId: string, text: string): Entry {
    const content = { kind: { $case: "text" as const, value: { text } } };
    const seq = this.head + 1;
    const atUnixMs = 1_700_000_000_000 + seq;
    const entry = { seq, sender, clientMessageId, atUnixMs, content, change: undefined };
    this.entries.push(entry);
    return entry;
  }

  /** Answers a Send; `entry` is set when it was appended by this very Send. */
  send(
    device: string,
    user: string,
    send: Send,
  ): { frame: ServerFrameKind | undefined; entry?: Entry } {
    const { conversation } = this;
    const { clientMessageId, number } = send;
    const text = send.content?.kind?.value.text ?? "";
    const sender = this.senders.get(device) ?? { last: 0, outcomes: [] };
    this.senders.set(device, sender);
    if (text.startsWith("free!")) return { frame: this.reject(send, true) };
    const known = sender.outcomes.find((one) => one.id === clientMessageId);
    if (known !== undefined) {
      if (known.text !== text) return { frame: this.conflict(send) };
      return { frame: known.seq ? this.sent(known.seq, send) : this.reject(send, false) };
    }
    if (number <= sender.last) {
      const used = sender.outcomes.some((one) => one.number === number);
      return { frame: used ? this.conflict(send) : undefined };
    }
    if (number > sender.last + 1) {
      const value = { conversation, expected: sender.last + 1 };
      return { frame: { $case: "outOfOrder", value } };
    }
    if (this.busy > 0) {
      this.busy--;
      return {
        frame: { $case: "busy", value: { conversation, clientMessageId, retryAfterMs: 300 } },
      };
    }
    sender.last = number;
    const rejected = text.startsWith("reject!");
    const entry = rejected ? undefined : this.append(user, clientMessageId, text);
    sender.outcomes.push({ number, id: clientMessageId, text, seq: entry?.seq });
    if (sender.outcomes.length > 16) sender.outcomes.shift();
    if (entry === undefined) return { frame: this.reject(send, false) };
    return { frame: this.sent(entry.seq, send), entry };
  }

  lastNumber(device: string): number {
    return this.senders.get(device)?.last ?? 0;
  }

  private sent(seq: number, { clientMessageId }: Send): ServerFrameKind {
    const { conversation } = this;
    const atUnixMs = this.entries[seq - 1]?.atUnixMs ?? 0;
    const value = { conversation, clientMessageId, seq, after: this.before(seq), atUnixMs };
    return { $case: "sent", value };
  }

  private reject({ clientMessageId, number }: Send, free: boolean): ServerFrameKind {
    const reason = free ? RejectReason.INVALID : RejectReason.NOT_ALLOWED;
    const value = { conversation: this.conversation, clientMessageId, number, reason, free };
    return { $case: "rejected", value };
  }

  private conflict({ clientMessageId, number }: Send): ServerFrameKind {
    const value = { conversation: this.conversation, clientMessageId, number };
    return { $case: "conflict", value };
  }
}
