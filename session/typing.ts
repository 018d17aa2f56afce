import { TypingKind } from "../gen/chat/client/v1/presence.js";
import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Conversation } from "./conversation.js";
import { FanOut } from "./fan-out.js";
import type { Connection } from "./home-user.js";
import { isCurrent } from "./membership.js";

/**
 * Who is writing where: told to the other members' connections that take pushes, and kept nowhere. What is too much, or of somebody who may
 * not send, is dropped without a word.
 */
export class Typing {
  readonly #fanOut = new FanOut();

  constructor(readonly clock: Clock) {}

  /** `doing` is a TypingKind, also one that this version does not know. */
  tell(conversation: Conversation, origin: Connection, doing: number): void {
    const { members } = conversation;
    const sender = conversation.memberOf(origin.device.user);
    if (sender === undefined || sender.muted || !isCurrent(sender)) return;
    const now = this.clock.nowMs();
    // Each kind for itself: a client says at once that it is another one, and then no more for a while.
    const last = doing === TypingKind.TEXT ? "typedMs" : "recordedMs";
    if (now - sender[last] < limits.typingMs) return;
    sender[last] = now;
    if (countCurrent(conversation) > limits.typingMembersMax) return;
    for (const member of members) {
      if (member === sender || !isCurrent(member)) continue;
      for (const { live } of member.home.devices) if (live !== undefined) this.#fanOut.add(live);
    }
    this.#fanOut.peerTyping(conversation, sender.user, doing);
  }
}

function countCurrent({ members }: Conversation): number {
  if (members.length <= limits.typingMembersMax) return members.length;
  let count = 0;
  for (const member of members) if (isCurrent(member)) count++;
  return count;
}
