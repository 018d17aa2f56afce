import { type Failed, FailReason } from "../gen/chat/client/v1/history.js";
import type { LastNumber } from "../gen/chat/client/v1/messages.js";
import { Admission } from "./admission.js";
import type { Effects } from "./effects.js";
import type { Outbox } from "./outbox.js";
import type { ConversationRecord } from "./store.js";

/** What goes out of the outbox of one conversation, and when; the first of all in a group of which nothing is known waits for its admission. Pure. */
export class Sends {
  private readonly admission: Admission;

  constructor(
    private readonly record: ConversationRecord,
    private readonly outbox: Outbox,
    private readonly request: () => number,
  ) {
    this.admission = new Admission(record);
  }

  attach(): void {
    this.outbox.attach();
    this.admission.attach();
  }

  /** The user is, or was, a member. */
  admit(): void {
    this.admission.grant();
  }

  /** Whether the answer was for this conversation; `refused` when he never was a member: nothing has been sent, and nothing will be. */
  answer(answer: LastNumber | Failed, now: number): "taken" | "refused" | undefined {
    if (answer.request !== this.admission.request) return undefined;
    // An entry or a base has told meanwhile: messages may be under way, and this answer is from before.
    if (this.admission.granted) return "taken";
    if (!("reason" in answer)) this.admission.grant();
    else if (answer.reason === FailReason.BUSY) this.admission.busy(answer.retryAfterMs, now);
    else {
      this.admission.attach();
      return "refused";
    }
    return "taken";
  }

  dueAt(): number {
    return this.waits ? this.admission.dueAt() : this.outbox.dueAt();
  }

  /** True when a send went out. */
  flush(now: number, effects: Effects): boolean {
    const { conversation, last } = this.record;
    if (this.waits) {
      const request = this.admission.take(now, this.request);
      if (request > 0) effects.send({ $case: "getLastNumber", value: { request, conversation } });
      return false;
    }
    return this.outbox.flush(now, effects, (item, automatic) => {
      const content = { kind: { $case: "text" as const, value: { text: item.text } } };
      const { clientMessageId, number } = item;
      const value = { conversation, clientMessageId, number, content, acked: last, automatic };
      effects.send({ $case: "send", value });
    });
  }

  private get waits(): boolean {
    return this.outbox.size > 0 && !this.admission.granted;
  }
}
