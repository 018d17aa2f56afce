import { ChatError } from "./errors.js";

/** The conversation of two different users; see the head of frames.proto. */
export function directId(userA: string, userB: string): string {
  const a = userA.slice(3);
  const b = userB.slice(3);
  return a < b ? `dm_${a}_${b}` : `dm_${b}_${a}`;
}

const USER = /^us_[0-9a-z]{16}$/;
const DIRECT = /^dm_([0-9a-z]{16})_([0-9a-z]{16})$/;

export function isUserId(id: string): boolean {
  return USER.test(id);
}

export function isDirectId(id: string): boolean {
  const match = DIRECT.exec(id);
  return match !== null && (match[1] as string) < (match[2] as string);
}

const GROUP = /^gr_[0-9a-z]{16}$/;

export function isGroupId(id: string): boolean {
  return GROUP.test(id);
}

/** `length` characters of [0-9a-z], from two random UUIDs; at most 40. */
export function randomText(length: number, uuid: () => string): string {
  const digits = BigInt(`0x${uuid()}${uuid()}`.replaceAll("-", "")).toString(36);
  return digits.slice(-length).padStart(length, "0");
}

/** The other member of a 1:1 conversation, or undefined when `user` is not one of the two. */
export function peerOf(conversation: string, user: string): string | undefined {
  const match = DIRECT.exec(conversation);
  if (match === null) return undefined;
  const body = user.slice(3);
  if (match[1] === body) return `us_${match[2]}`;
  if (match[2] === body) return `us_${match[1]}`;
  return undefined;
}

/** The conversation that `me` means by another user's id or by the id of the conversation or group. */
export function conversationWith(me: string, conversationOrUser: string): string {
  if (isGroupId(conversationOrUser)) return conversationOrUser;
  if (isDirectId(conversationOrUser) && peerOf(conversationOrUser, me)) return conversationOrUser;
  if (isUserId(conversationOrUser) && conversationOrUser !== me) {
    return directId(me, conversationOrUser);
  }
  const why = `"${conversationOrUser}" is neither another user's id, nor a group, nor a conversation of yours.`;
  throw new ChatError("INVALID", why);
}
