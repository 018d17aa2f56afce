import { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";

/** Sends a message to one socket of the relay. */
export type Push = (data: Buffer) => void;

interface Conversation {
  seq: number;
  readonly ends: Map<string, Push>;
}

/**
 * The floor: what any server must do for a fully receipted message, and nothing else. The same frames as the product, in memory:
 * no durability, no dedup, no redelivery, no validation, no devices, no limits. Each message costs it seven frames.
 */
export class Relay {
  #conversations = new Map<string, Conversation>();
  #reader = new WireReader();
  #body = new WireReader();
  #out = new WireWriter(4096);

  /** Handles one client frame of `user`. */
  message(user: string, push: Push, data: Buffer): void {
    const frame = this.#reader.reset(data);
    if (!frame.next()) return;
    const body = this.#body.enter(frame);
    switch (frame.field) {
      case 2:
        return this.#send(user, push, body);
      case 3:
        return this.#receipt(user, body, false);
      case 4:
        return this.#receipt(user, body, true);
      case 6:
        this.#out.open(9, 4);
        this.#out.uint(1, 1);
        this.#out.close();
        push(this.#out.take());
    }
  }

  /** A user of a conversation is there. */
  join(user: string, conversation: string, push: Push): void {
    const known = this.#conversations.get(conversation) ?? { seq: 0, ends: new Map() };
    known.ends.set(user, push);
    this.#conversations.set(conversation, known);
  }

  leave(conversation: string): void {
    this.#conversations.delete(conversation);
  }

  #send(user: string, push: Push, body: WireReader): void {
    let id = "";
    let messageId = "";
    let content: Buffer = Buffer.alloc(0);
    while (body.next()) {
      if (body.field === 1) id = body.ascii();
      else if (body.field === 2) messageId = body.ascii();
      else if (body.field === 4) content = body.view();
    }
    const conversation = this.#conversations.get(id);
    if (conversation === undefined) return;
    const seq = ++conversation.seq;
    const out = this.#out;
    out.open(2, 100);
    out.ascii(1, id);
    out.ascii(2, messageId);
    out.uint(3, seq);
    out.uint(4, seq - 1);
    out.uint(5, Date.now());
    out.close();
    push(out.take());
    out.open(7, 200);
    out.ascii(1, id);
    out.uint(2, seq - 1);
    out.open(3, 150);
    out.uint(1, seq);
    out.ascii(2, user);
    out.ascii(3, messageId);
    out.uint(4, Date.now());
    out.bytes(5, content);
    out.close();
    out.close();
    const deliver = out.take();
    for (const [other, end] of conversation.ends) if (other !== user) end(deliver);
  }

  #receipt(user: string, body: WireReader, read: boolean): void {
    let id = "";
    let seq = 0;
    while (body.next()) {
      if (body.field === 1) id = body.ascii();
      else if (body.field === 2) seq = body.uint();
    }
    const out = this.#out;
    out.open(8, 60);
    out.ascii(1, id);
    out.uint(2, seq);
    if (read) out.uint(3, seq);
    out.close();
    const receipt = out.take();
    const conversation = this.#conversations.get(id);
    if (conversation === undefined) return;
    for (const [other, end] of conversation.ends) if (other !== user) end(receipt);
  }
}
