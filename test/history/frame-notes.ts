import type { ClientFrame, ServerFrame } from "../../gen/chat/client/v1/frames.js";
import { type Entry, RejectReason } from "../../gen/chat/client/v1/messages.js";
import { directMembers, isDirectId } from "../../lib/ids.js";
import { bodyOf, changeBody, type SeenEntry } from "./events.js";
import type { Recorder } from "./recorder.js";

export type ClientKind = NonNullable<ClientFrame["kind"]>;
export type ServerKind = NonNullable<ServerFrame["kind"]>;

/** Notes the frames of one device, in both directions, as far as they matter. */
export class FrameNotes {
  readonly #known = new Set<string>();

  constructor(
    readonly recorder: Recorder,
    readonly device: string,
  ) {}

  /** The device sends a frame. */
  outgoing(frame: ClientKind): void {
    const { recorder, device } = this;
    switch (frame.$case) {
      case "send": {
        const { conversation, clientMessageId: id, content, acked, automatic } = frame.value;
        this.meets(conversation);
        const body = bodyOf(content?.kind?.value.text);
        if (!automatic) recorder.note({ type: "invoke", device, conversation, id, body });
        if (acked > 0) recorder.note({ type: "ack", device, conversation, seq: acked });
        return;
      }
      case "ack":
      case "nack":
      case "read": {
        const { conversation, seq } = frame.value;
        return recorder.note({ type: frame.$case, device, conversation, seq });
      }
      case "fetchHistory": {
        const { conversation, request, before } = frame.value;
        return recorder.note({ type: "ask", device, conversation, request, before });
      }
    }
  }

  /** The device gets a frame. */
  incoming(frame: ServerKind): void {
    const { recorder, device } = this;
    switch (frame.$case) {
      case "sent": {
        const { conversation, clientMessageId: id, seq, after } = frame.value;
        return recorder.note({ type: "ok", device, conversation, id, seq, after });
      }
      case "rejected": {
        const { conversation, clientMessageId: id } = frame.value;
        const reason = RejectReason[frame.value.reason] ?? "OTHER";
        return recorder.note({ type: "fail", device, conversation, id, reason });
      }
      case "conflict": {
        const { conversation, clientMessageId: id } = frame.value;
        return recorder.note({ type: "fail", device, conversation, id, reason: "CONFLICT" });
      }
      case "deliver": {
        const { conversation, after, entry } = frame.value;
        this.meets(conversation);
        const seen = seenEntry(entry);
        return recorder.note({ type: "recv", device, conversation, after, ...seen });
      }
      case "receipt": {
        const { conversation, delivered, read, ownRead, except, exceptRanges } = frame.value;
        const without = {
          ...(except.length > 0 ? { except } : {}),
          ...(exceptRanges.length > 0 ? { exceptRanges } : {}),
        };
        const values = { delivered, read, ownRead, ...without };
        return recorder.note({ type: "receipt", device, conversation, ...values });
      }
      case "caughtUp":
        return recorder.note({ type: "caughtUp", device, pending: frame.value.pending });
      case "bases":
        for (const base of frame.value.bases) {
          this.meets(base.conversation);
          recorder.note({ type: "base", device, ...base });
        }
        return;
      case "history": {
        const { conversation, request, before } = frame.value;
        const entries = frame.value.entries.map(seenEntry);
        recorder.note({ type: "page", device, conversation, request, before, entries });
      }
    }
  }

  /** The members of a conversation of two are known by its id. */
  meets(conversation: string): void {
    if (this.#known.has(conversation) || !isDirectId(conversation)) return;
    this.#known.add(conversation);
    for (const user of directMembers(conversation)) {
      this.recorder.note({ type: "member", conversation, user, from: 1, through: 0 });
    }
  }
}

export function seenEntry(entry: Entry | undefined): SeenEntry {
  const { seq = 0, sender = "", clientMessageId: id = "", change } = entry ?? {};
  const text = bodyOf(entry?.content?.kind?.value.text);
  return { seq, sender, id, body: change ? changeBody(change.kind?.$case) : text };
}
