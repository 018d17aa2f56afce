import type { Deliver } from "../../gen/chat/client/v1/delivery.js";
import type { Sent } from "../../gen/chat/client/v1/messages.js";
import type { Receipt } from "../../gen/chat/client/v1/receipts.js";
import { bodyOf, type SeenEntry } from "./events.js";
import { type ClientKind, FrameNotes, type ServerKind, seenEntry } from "./frame-notes.js";
import type { Recorder } from "./recorder.js";

interface Position {
  last: number;
  ahead: { readonly seq: number; readonly after: number }[];
  delivered: number;
  read: number;
}

/**
 * Notes what a raw-protocol client does and gets, and what a correct client would show of it: the rules at the head of
 * frames.proto. It says nothing to the server; acknowledging what is shown is up to the test.
 */
export class Follower {
  readonly #notes: FrameNotes;
  readonly #positions = new Map<string, Position>();
  readonly #texts = new Map<string, string>();

  constructor(
    readonly recorder: Recorder,
    readonly device: string,
    readonly user: string,
  ) {
    this.#notes = new FrameNotes(recorder, device);
    recorder.note({ type: "device", device, user });
  }

  /** The last entry shown without a gap. */
  last(conversation: string): number {
    return this.#positions.get(conversation)?.last ?? 0;
  }

  dial(): void {
    this.recorder.note({ type: "dial", device: this.device });
  }

  connected(): void {
    this.recorder.note({ type: "connect", device: this.device });
  }

  closed(): void {
    this.recorder.note({ type: "disconnect", device: this.device });
  }

  sends(frame: ClientKind): void {
    this.#notes.outgoing(frame);
    if (frame.$case !== "send") return;
    const { clientMessageId, content } = frame.value;
    this.#texts.set(clientMessageId, bodyOf(content?.kind?.value.text));
  }

  gets(frame: ServerKind): void {
    this.#notes.incoming(frame);
    if (frame.$case === "deliver") this.#deliver(frame.value);
    else if (frame.$case === "sent") this.#sent(frame.value);
    else if (frame.$case === "receipt") this.#receipt(frame.value);
    else if (frame.$case === "bases") {
      for (const { conversation, seq } of frame.value.bases) {
        const position = this.#position(conversation);
        if (seq > position.last) advance(position, seq);
      }
    }
  }

  #position(conversation: string): Position {
    const position = this.#positions.get(conversation) ?? fresh();
    this.#positions.set(conversation, position);
    return position;
  }

  #deliver({ conversation, after, entry }: Deliver): void {
    const position = this.#position(conversation);
    if (entry === undefined || entry.seq <= position.last || after > position.last) return;
    const seen = seenEntry(entry);
    const { seq, id } = seen;
    const isKnown = position.ahead.some((own) => own.seq === seq);
    this.#texts.delete(id);
    if (!isKnown) this.#show(conversation, seen);
    advance(position, seq);
  }

  #sent({ conversation, clientMessageId: id, seq, after }: Sent): void {
    const body = this.#texts.get(id);
    if (body === undefined) return;
    this.#texts.delete(id);
    this.#show(conversation, { seq, sender: this.user, id, body });
    const position = this.#position(conversation);
    if (seq <= position.last) return;
    if (after <= position.last) advance(position, seq);
    else position.ahead.push({ seq, after });
  }

  #receipt({ conversation, delivered, read }: Receipt): void {
    const position = this.#position(conversation);
    if (delivered <= position.delivered && read <= position.read) return;
    position.delivered = Math.max(delivered, position.delivered);
    position.read = Math.max(read, position.read);
    const { device } = this;
    const tick = { delivered: position.delivered, read: position.read };
    this.recorder.note({ type: "tick", device, conversation, ...tick });
  }

  #show(conversation: string, entry: SeenEntry): void {
    this.recorder.note({ type: "shown", device: this.device, conversation, ...entry });
  }
}

function fresh(): Position {
  return { last: 0, ahead: [], delivered: 0, read: 0 };
}

/** Moves `last`, also over own entries beyond it that it has reached. */
function advance(position: Position, seq: number): void {
  position.last = seq;
  position.ahead.sort((a, b) => a.seq - b.seq);
  for (const own of position.ahead) {
    if (own.seq > position.last && own.after <= position.last) position.last = own.seq;
  }
  position.ahead = position.ahead.filter((own) => own.seq > position.last);
}
