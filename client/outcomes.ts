import type { RejectedEvent, RejectedReason, SentEvent } from "./events.js";

/** What became of a message. `pending`: the client was closed first; it is still in the outbox. */
export type Outcome =
  | { status: "sent"; seq: number; atUnixMs: number }
  | { status: "rejected"; reason: RejectedReason }
  | { status: "pending" };

/** A message this device has taken; `sent` never fails. */
export interface LocalMessage {
  conversation: string;
  clientMessageId: string;
  text: string;
  sent: Promise<Outcome>;
}

/** The promises of outcomes; bounded by the outboxes, as each settles when its message leaves one. */
export class Outcomes {
  private readonly open = new Map<
    string,
    { promise: Promise<Outcome>; resolve: (outcome: Outcome) => void }
  >();

  expect(clientMessageId: string): Promise<Outcome> {
    let entry = this.open.get(clientMessageId);
    if (entry === undefined) {
      let resolve: (outcome: Outcome) => void = () => {};
      const promise = new Promise<Outcome>((done) => {
        resolve = done;
      });
      entry = { promise, resolve };
      this.open.set(clientMessageId, entry);
    }
    return entry.promise;
  }

  sent(event: SentEvent): void {
    const { seq, atUnixMs } = event;
    this.settle(event.clientMessageId, { status: "sent", seq, atUnixMs });
  }

  rejected(event: RejectedEvent): void {
    this.settle(event.clientMessageId, { status: "rejected", reason: event.reason });
  }

  close(): void {
    for (const id of [...this.open.keys()]) this.settle(id, { status: "pending" });
  }

  private settle(clientMessageId: string, outcome: Outcome): void {
    this.open.get(clientMessageId)?.resolve(outcome);
    this.open.delete(clientMessageId);
  }
}
