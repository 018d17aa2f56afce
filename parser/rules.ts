import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { isDirectIdAt, isDirectMemberAt, isGroupIdAt, isUserIdAt, isUuidAt } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { checkContent } from "./content.js";
import type { FrameView } from "./frame.js";

/** Why a decodable frame is refused; UNSPECIFIED means that nothing is wrong with it. */
export type Fault =
  | RejectReason.UNSPECIFIED
  | RejectReason.INVALID
  | RejectReason.CONTENT
  | RejectReason.NOT_FOUND;

/** What the parser does with one arm of ClientFrame. */
export interface Rule {
  /**
   * Where a valid one goes: `self` is answered here, `owners` is split by conversation, `presence` and `watched` go to the
   * presence instance of the sender and of the user it names.
   */
  readonly goesTo: "self" | "owner" | "home" | "owners" | "presence" | "watched";
  /** What a fault is answered with: Rejected, Failed, or nothing. */
  readonly onFault: "reject" | "fail" | "drop";
  /** Number of its field that names a conversation; 0 when it has none. */
  readonly conversation: number;
  /** Checks the fields other than the conversation. */
  readonly form: (frame: FrameView) => Fault;
}

const OK = RejectReason.UNSPECIFIED;
const INVALID = RejectReason.INVALID;
/** Length of the longest id, that of a 1:1. */
const CONVERSATION_ID_MAX = 36;
const PAGE_CURSOR = /^[0-9a-z_]{0,64}$/;

/** Field numbers of the arms, as in proto/chat/client/v1. */
export const SEND = { conversation: 1, clientMessageId: 2, number: 3, content: 4 } as const;
export const PING = { nonce: 1 } as const;
export const QUESTION = { request: 1, conversation: 2 } as const;
const POSITION = { conversation: 1, seq: 2 } as const;
const NACK = { conversation: 1, seq: 2, reason: 3 } as const;
const RESUME = { token: 1 } as const;
const FETCH = { limit: 4 } as const;
const LIST = { after: 2, limit: 3 } as const;
const INFO = { seq: 3 } as const;
const TYPING = { conversation: 1, kind: 2 } as const;
export const WATCH = { user: 2 } as const;

/**
 * One row per arm, by its field number. A test fails when the contract has an arm without a row.
 */
export const rules: Readonly<Record<number, Rule>> = {
  1: { goesTo: "self", onFault: "drop", conversation: 0, form: () => OK },
  2: { goesTo: "owner", onFault: "reject", conversation: SEND.conversation, form: checkSend },
  3: { goesTo: "owner", onFault: "drop", conversation: POSITION.conversation, form: checkPosition },
  4: { goesTo: "owner", onFault: "drop", conversation: POSITION.conversation, form: checkPosition },
  5: { goesTo: "owner", onFault: "drop", conversation: POSITION.conversation, form: () => OK },
  6: { goesTo: "home", onFault: "drop", conversation: 0, form: checkResume },
  7: { goesTo: "home", onFault: "drop", conversation: 0, form: () => OK },
  8: { goesTo: "owners", onFault: "drop", conversation: 0, form: checkPull },
  9: { goesTo: "owner", onFault: "fail", conversation: QUESTION.conversation, form: checkFetch },
  10: { goesTo: "home", onFault: "fail", conversation: 0, form: checkList },
  11: { goesTo: "owner", onFault: "fail", conversation: QUESTION.conversation, form: checkInfo },
  12: { goesTo: "owner", onFault: "fail", conversation: QUESTION.conversation, form: () => OK },
  13: { goesTo: "owner", onFault: "drop", conversation: NACK.conversation, form: checkNack },
  14: {
    goesTo: "owner",
    onFault: "drop",
    conversation: POSITION.conversation,
    form: checkPosition,
  },
  15: { goesTo: "presence", onFault: "drop", conversation: 0, form: () => OK },
  16: { goesTo: "presence", onFault: "drop", conversation: 0, form: () => OK },
  17: { goesTo: "watched", onFault: "fail", conversation: 0, form: checkWatch },
  18: { goesTo: "owner", onFault: "drop", conversation: TYPING.conversation, form: checkTyping },
};

/** Checks one decoded frame; `user` is who sent it, or empty when that is not known (Inspect). */
export function check(rule: Rule, frame: FrameView, user: string): Fault {
  if (rule.conversation === 0) return rule.form(frame);
  const { buf } = frame;
  const start = frame.start(rule.conversation);
  const stop = frame.stop(rule.conversation);
  // Who is in a group is known to its owner only.
  if (isGroupIdAt(buf, start, stop)) return rule.form(frame);
  if (!isDirectIdAt(buf, start, stop)) return INVALID;
  const fault = rule.form(frame);
  if (fault !== OK || user === "" || isDirectMemberAt(buf, start, user)) return fault;
  return RejectReason.NOT_FOUND;
}

/** The conversation a frame names, as far as it can be one: empty when it cannot. */
export function conversationOf(rule: Rule, frame: FrameView): string {
  const length = rule.conversation === 0 ? 0 : frame.length(rule.conversation);
  return length <= CONVERSATION_ID_MAX ? frame.ascii(rule.conversation) : "";
}

function checkSend(frame: FrameView): Fault {
  const id = SEND.clientMessageId;
  if (!isUuidAt(frame.buf, frame.start(id), frame.stop(id))) return INVALID;
  if (frame.uint(SEND.number) === 0 || !frame.has(SEND.content)) return INVALID;
  const { content } = SEND;
  return checkContent(frame.buf, frame.start(content), frame.stop(content))
    ? OK
    : RejectReason.CONTENT;
}

function checkPosition(frame: FrameView): Fault {
  return frame.uint(POSITION.seq) === 0 ? INVALID : OK;
}

function checkNack(frame: FrameView): Fault {
  return frame.uint(NACK.seq) === 0 || frame.uint(NACK.reason) === 0 ? INVALID : OK;
}

function checkResume(frame: FrameView): Fault {
  return frame.uint(RESUME.token) === 0 ? INVALID : OK;
}

function checkPull(frame: FrameView): Fault {
  const count = frame.list.length / 2;
  return count === 0 || count > limits.pullConversationsMax ? INVALID : OK;
}

function checkFetch(frame: FrameView): Fault {
  return frame.uint(FETCH.limit) > limits.historyPageMax ? INVALID : OK;
}

function checkList(frame: FrameView): Fault {
  if (frame.uint(LIST.limit) > limits.conversationsPageMax) return INVALID;
  return frame.length(LIST.after) <= 64 && PAGE_CURSOR.test(frame.ascii(LIST.after)) ? OK : INVALID;
}

function checkTyping(frame: FrameView): Fault {
  return frame.uint(TYPING.kind) === 0 ? INVALID : OK;
}

function checkWatch(frame: FrameView): Fault {
  const { user } = WATCH;
  return isUserIdAt(frame.buf, frame.start(user), frame.stop(user)) ? OK : INVALID;
}

function checkInfo(frame: FrameView): Fault {
  return frame.uint(INFO.seq) === 0 ? INVALID : OK;
}
