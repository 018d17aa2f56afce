import type { DeadLetterKey } from "./store.js";

/**
 * All keys of the session's embedded store. Ids are ASCII without NUL, so that a NUL ends them in
 * byte order.
 *
 *   e <shard>                           epoch and owner of a shard
 *   o <shard> <conversation>            the conversation is open (no value)
 *   l <conversation> NUL <seq>          log row: the encoded entry and its device (store-level-log.ts)
 *   c <conversation> NUL a              attention of the conversation
 *   c <conversation> NUL m              members in force
 *   c <conversation> NUL s <device>     last sends of a device, as they are
 *   c <conversation> NUL p <seq> <dev.> a dead letter of a device
 *   p <conversation> NUL <seq> <dev.>   it once more, for the list of all (no value)
 *   u <user> NUL <conversation>         attention of one user
 *   i <user> NUL 1 <stamp>              a quiet conversation of his, in the order in which they became quiet
 *   i <user> NUL 2 <conversation>       an open one
 *   r <user>                            whether a user has switched his read receipts off
 *   n                                   stamps below this one may have been given
 *   d <user> NUL <device> NUL           whether the device has its bases, and up to which stamp it lacks nothing
 *   d <user> NUL <device> NUL <conv.>   the device's cursor in a conversation
 *
 * A shard is 2 bytes, a seq and a stamp 8 bytes, big endian.
 */
const SEQ_BYTES = 8;
const SHARD_BYTES = 2;

const LETTER = {
  epoch: 0x65,
  open: 0x6f,
  log: 0x6c,
  conversation: 0x63,
  user: 0x75,
  device: 0x64,
  parked: 0x70,
  changes: 0x69,
  stamps: 0x6e,
  switched: 0x72,
} as const;

/** Open conversations sort behind all quiet ones. */
const CHANGE = { quiet: 1, open: 2 } as const;

/** The one-letter kinds of rows under `c <conversation> NUL`. */
export const PART = { attention: 0x61, members: 0x6d, parked: 0x70, sends: 0x73 } as const;

export interface KeyRange {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

export function logKey(conversation: string, seq: number): Buffer {
  const key = headed(LETTER.log, conversation, SEQ_BYTES);
  writeSeq(key, seq, key.length - SEQ_BYTES);
  return key;
}

/** Log rows with `from ≤ seq ≤ through`. */
export function logRange(conversation: string, from: number, through: number): KeyRange {
  return { gte: logKey(conversation, from), lt: logKey(conversation, through + 1) };
}

export function seqOfLogKey(key: Buffer): number {
  return readSeq(key, key.length - SEQ_BYTES);
}

export function attentionKey(conversation: string): Buffer {
  return part(conversation, PART.attention, 0);
}

export function membersKey(conversation: string): Buffer {
  return part(conversation, PART.members, 0);
}

export function sendsKey(conversation: string, device: string): Buffer {
  const key = part(conversation, PART.sends, device.length);
  key.write(device, key.length - device.length, "latin1");
  return key;
}

export function parkedKey({ conversation, seq, device }: DeadLetterKey): Buffer {
  const key = part(conversation, PART.parked, SEQ_BYTES + device.length);
  const at = key.length - SEQ_BYTES - device.length;
  writeSeq(key, seq, at);
  key.write(device, at + SEQ_BYTES, "latin1");
  return key;
}

/** The entry and the device of a key whose part begins at `at`. */
export function readParkedKey(conversation: string, key: Buffer, at: number): DeadLetterKey {
  const device = key.toString("latin1", at + 1 + SEQ_BYTES);
  return { conversation, seq: readSeq(key, at + 1), device };
}

export function listedKey({ conversation, seq, device }: DeadLetterKey): Buffer {
  const key = headed(LETTER.parked, conversation, SEQ_BYTES + device.length);
  writeSeq(key, seq, conversation.length + 2);
  key.write(device, conversation.length + 2 + SEQ_BYTES, "latin1");
  return key;
}

/** Dead letters behind `after`, of one conversation or of all. */
export function listedRange(
  conversation: string | undefined,
  after: DeadLetterKey | undefined,
): KeyRange {
  const all = { gte: Buffer.of(LETTER.parked), lt: Buffer.of(LETTER.parked + 1) };
  const { gte, lt } =
    conversation === undefined ? all : under(headed(LETTER.parked, conversation, 0));
  if (after === undefined) return { gte, lt };
  const behind = listedKey({ ...after, device: `${after.device}\0` });
  return { gte: behind.compare(gte) > 0 ? behind : gte, lt };
}

export function readListedKey(key: Buffer): DeadLetterKey {
  const end = key.indexOf(0);
  const seqAt = end + 1;
  const device = key.toString("latin1", seqAt + SEQ_BYTES);
  return { conversation: key.toString("latin1", 1, end), seq: readSeq(key, seqAt), device };
}

/** All rows of a conversation but its log. */
export function conversationRange(conversation: string): KeyRange {
  return under(headed(LETTER.conversation, conversation, 0));
}

export function userKey(user: string, conversation: string): Buffer {
  return two(LETTER.user, user, conversation);
}

/** A user's conversations above `after`: the NUL behind it leaves `after` itself out. */
export function userRange(user: string, after: string): KeyRange {
  const { lt } = under(headed(LETTER.user, user, 0));
  return { gte: two(LETTER.user, user, `${after}\0`), lt };
}

export function quietKey(user: string, stamp: number): Buffer {
  const key = headed(LETTER.changes, user, 1 + SEQ_BYTES);
  key[key.length - SEQ_BYTES - 1] = CHANGE.quiet;
  writeSeq(key, stamp, key.length - SEQ_BYTES);
  return key;
}

export function openChangeKey(user: string, conversation: string): Buffer {
  const key = headed(LETTER.changes, user, 1 + conversation.length);
  key[key.length - conversation.length - 1] = CHANGE.open;
  key.write(conversation, key.length - conversation.length, "latin1");
  return key;
}

/** A user's conversations that became quiet behind the stamp, then those that are open. */
export function changesRange(user: string, stamp: number): KeyRange {
  const { lt } = under(headed(LETTER.changes, user, 0));
  return { gte: quietKey(user, stamp + 1), lt };
}

/** The stamp of a quiet one, or the conversation that is open. */
export function readChangeKey(key: Buffer, user: string): number | string {
  const at = user.length + 2;
  return key[at] === CHANGE.quiet ? readSeq(key, at + 1) : key.toString("latin1", at + 1);
}

export const switchedRange: KeyRange = {
  gte: Buffer.of(LETTER.switched),
  lt: Buffer.of(LETTER.switched + 1),
};

export function switchedKey(user: string): Buffer {
  return Buffer.concat([switchedRange.gte, Buffer.from(user, "latin1")]);
}

export function userOfSwitchedKey(key: Buffer): string {
  return key.toString("latin1", 1);
}

export const stampsKey = Buffer.of(LETTER.stamps);

export function deviceKey(user: string, device: string, conversation: string): Buffer {
  return two(LETTER.device, user, `${device}\0${conversation}`);
}

export function deviceRange(user: string, device: string): KeyRange {
  return under(deviceKey(user, device, ""));
}

export function epochKey(shard: number): Buffer {
  const key = Buffer.allocUnsafe(1 + SHARD_BYTES);
  key[0] = LETTER.epoch;
  key.writeUInt16BE(shard, 1);
  return key;
}

export function openKey(shard: number, conversation: string): Buffer {
  const key = Buffer.allocUnsafe(1 + SHARD_BYTES + conversation.length);
  key[0] = LETTER.open;
  key.writeUInt16BE(shard, 1);
  key.write(conversation, 1 + SHARD_BYTES, "latin1");
  return key;
}

/** Ids begin with a letter: no conversation sorts behind the byte 255. */
export function openRange(shard: number): KeyRange {
  return { gte: openKey(shard, ""), lt: openKey(shard, "\xff") };
}

export function conversationOfOpenKey(key: Buffer): string {
  return key.toString("latin1", 1 + SHARD_BYTES);
}

/** The letter, the id and a NUL, with room for `tail` bytes behind them. */
function headed(letter: number, id: string, tail: number): Buffer {
  const key = Buffer.allocUnsafe(2 + id.length + tail);
  key[0] = letter;
  key.write(id, 1, "latin1");
  key[1 + id.length] = 0;
  return key;
}

function part(conversation: string, letter: number, tail: number): Buffer {
  const key = headed(LETTER.conversation, conversation, 1 + tail);
  key[2 + conversation.length] = letter;
  return key;
}

function two(letter: number, first: string, second: string): Buffer {
  const key = headed(letter, first, second.length);
  key.write(second, 2 + first.length, "latin1");
  return key;
}

/** All keys that begin with these bytes, of which the last is the NUL. */
function under(prefix: Buffer): KeyRange {
  const lt = Buffer.from(prefix);
  lt[lt.length - 1] = 1;
  return { gte: prefix, lt };
}

function writeSeq(key: Buffer, seq: number, at: number): void {
  key.writeUInt32BE(Math.floor(seq / 0x1_0000_0000), at);
  key.writeUInt32BE(seq >>> 0, at + 4);
}

function readSeq(key: Buffer, at: number): number {
  return key.readUInt32BE(at) * 0x1_0000_0000 + key.readUInt32BE(at + 4);
}
