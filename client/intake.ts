import { NackReason } from "../gen/chat/client/v1/delivery.js";
import type { Entry } from "../gen/chat/client/v1/messages.js";
import type { Effects, FrameKind } from "./effects.js";
import type { MessageEvent } from "./events.js";
import type { StoredMessage } from "./store.js";

/** Whose conversation it is, and what takes its messages in. */
export interface Reader {
  readonly me: string;
  /** Throws when it cannot. */
  apply(message: MessageEvent): void;
  /** The number of a further question of the engine's. */
  request(): number;
}

/** What the app says to single entries of a conversation before they are stored, and the answers to the server. */
export class Intake {
  private answers: FrameKind[] = [];

  constructor(
    readonly conversation: string,
    private readonly reader: Reader,
  ) {}

  /** Answers belong to the connection that the entry came on. */
  attach(): void {
    this.answers = [];
  }

  isOwn(message: { sender: string }): boolean {
    return message.sender === this.reader.me;
  }

  messageOf({ seq, sender, clientMessageId, atUnixMs, content }: Entry): StoredMessage {
    const { conversation } = this;
    const text = content?.kind?.value.text;
    return { conversation, seq, sender, clientMessageId, atUnixMs, text };
  }

  /** Whether the app can take the message in; the server is told when it cannot. */
  takes(message: StoredMessage): boolean {
    try {
      this.reader.apply({ ...message, own: this.isOwn(message) });
      return true;
    } catch {
      this.refuse(message.seq, NackReason.APPLICATION);
      return false;
    }
  }

  refuse(seq: number, reason: NackReason): void {
    const { conversation } = this;
    this.answers.push({ $case: "nack", value: { conversation, seq, reason } });
  }

  replaced(seq: number): void {
    const { conversation } = this;
    this.answers.push({ $case: "replaced", value: { conversation, seq } });
  }

  get waiting(): boolean {
    return this.answers.length > 0;
  }

  flush(effects: Effects): void {
    for (const answer of this.answers.splice(0)) effects.send(answer);
  }
}
