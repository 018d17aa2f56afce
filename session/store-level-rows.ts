import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";
import type { Based, DeviceCursor, DoneChange, Interval, Member, StoredGroup } from "./store.js";

/**
 * The values of the session's embedded store that are not opaque: Protobuf wire format, a few bytes
 * each. Field numbers are for ever.
 */
export interface AttentionRow {
  /** Seq of the record. */
  readonly seq: number;
  readonly open: boolean;
  /** In a user's row what he may see; 0 in the conversation's row. */
  readonly userSeq: number;
  /** In a user's row, when it is quiet: where it stands in the order of `ChangeRow`; 0 otherwise. */
  readonly stamp: number;
}

/** A conversation that became quiet: what a device of the user is compared with. */
export interface ChangeRow {
  readonly conversation: string;
  /** The last seq the user may see. */
  readonly seq: number;
}

export interface DeviceRow {
  readonly based: Based;
  /** Of the conversations that became quiet up to this stamp the device lacks nothing. */
  readonly settled: number;
}

export interface MembersRow {
  readonly version: number;
  readonly members: readonly Member[];
  readonly group?: StoredGroup;
}

export interface EpochRow {
  readonly epoch: number;
  readonly owner: string;
}

export function encodeAttention(row: AttentionRow): Buffer {
  writer.uint(1, row.seq);
  writer.bool(2, row.open);
  writer.uint(3, row.userSeq);
  writer.uint(4, row.stamp);
  return writer.take();
}

export function decodeAttention(value: Buffer): AttentionRow {
  const row = { seq: 0, open: false, userSeq: 0, stamp: 0 };
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) row.seq = reader.uint();
    else if (reader.field === 2) row.open = reader.bool();
    else if (reader.field === 3) row.userSeq = reader.uint();
    else if (reader.field === 4) row.stamp = reader.uint();
  }
  return row;
}

export function encodeChange(row: ChangeRow): Buffer {
  writer.ascii(1, row.conversation);
  writer.uint(2, row.seq);
  return writer.take();
}

export function decodeChange(value: Buffer): ChangeRow {
  const row = { conversation: "", seq: 0 };
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) row.conversation = reader.ascii();
    else if (reader.field === 2) row.seq = reader.uint();
  }
  return row;
}

export function encodeStamp(stamp: number): Buffer {
  writer.uint(1, stamp);
  return writer.take();
}

export function decodeStamp(value: Buffer | undefined): number {
  let stamp = 0;
  if (!value) return stamp;
  reader.reset(value);
  while (reader.next()) if (reader.field === 1) stamp = reader.uint();
  return stamp;
}

export function encodeMembers(row: MembersRow): Buffer {
  writer.uint(1, row.version);
  for (const member of row.members) encodeMember(member);
  if (row.group !== undefined) encodeGroup(row.group);
  return writer.take();
}

export function decodeMembers(value: Buffer): MembersRow {
  const members: Member[] = [];
  const changes: DoneChange[] = [];
  let version = 0;
  let state: Buffer | undefined;
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) version = reader.uint();
    else if (reader.field === 2) members.push(decodeMember(inner.enter(reader)));
    else if (reader.field === 3) state = Buffer.from(reader.view());
    else if (reader.field === 4) changes.push(decodeDone(inner.enter(reader)));
  }
  return { version, members, ...(state && { group: { state, changes } }) };
}

export function encodeCursor(row: DeviceCursor): Buffer {
  writer.uint(1, row.cursor);
  writer.uint(2, row.confirmed);
  writer.uint(3, row.base);
  return writer.take();
}

export function decodeCursor(value: Buffer): DeviceCursor {
  const row = { cursor: 0, confirmed: 0, base: 0 };
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) row.cursor = reader.uint();
    else if (reader.field === 2) row.confirmed = reader.uint();
    else if (reader.field === 3) row.base = reader.uint();
  }
  return row;
}

export function encodeDevice(row: DeviceRow): Buffer {
  writer.uint(1, row.based);
  writer.uint(2, row.settled);
  return writer.take();
}

export function decodeDevice(value: Buffer | undefined): DeviceRow {
  const row = { based: 0 as Based, settled: 0 };
  if (!value) return row;
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) row.based = reader.uint() as Based;
    else if (reader.field === 2) row.settled = reader.uint();
  }
  return row;
}

export function encodeEpoch(row: EpochRow): Buffer {
  writer.uint(1, row.epoch);
  writer.ascii(2, row.owner);
  return writer.take();
}

export function decodeEpoch(value: Buffer | undefined): EpochRow {
  const row = { epoch: 0, owner: "" };
  if (!value) return row;
  reader.reset(value);
  while (reader.next()) {
    if (reader.field === 1) row.epoch = reader.uint();
    else if (reader.field === 2) row.owner = reader.ascii();
  }
  return row;
}

function encodeMember(member: Member): void {
  const { user, intervals, muted = false, blockVersion = 0, claims, leftVersion = 0 } = member;
  writer.open(2, user.length + 8 * intervals.length + 32);
  writer.ascii(1, user);
  writer.packed(2, boundsOf(intervals));
  writer.bool(3, muted);
  writer.uint(4, blockVersion);
  if (claims !== undefined) {
    const { delivered, read, undelivered, unread } = claims;
    writer.packed(5, [delivered, read]);
    writer.packed(6, boundsOf(undelivered));
    writer.packed(7, boundsOf(unread));
  }
  writer.uint(8, leftVersion);
  writer.close();
}

function boundsOf(intervals: readonly Interval[]): number[] {
  return intervals.flatMap(({ from, through }) => [from, through]);
}

/** The state is written also when it is empty: that it is there says that this is a group. */
function encodeGroup({ state, changes }: StoredGroup): void {
  writer.bytes(3, state, 0, state.length, true);
  for (const { user, requestId, fingerprint, version, seq } of changes) {
    writer.open(4, 80);
    writer.ascii(1, user);
    writer.ascii(2, requestId);
    writer.uint(3, fingerprint);
    writer.uint(4, version);
    writer.uint(5, seq);
    writer.close();
  }
}

function decodeDone(from: WireReader): DoneChange {
  const change = { user: "", requestId: "", fingerprint: 0, version: 0, seq: 0 };
  while (from.next()) {
    if (from.field === 1) change.user = from.ascii();
    else if (from.field === 2) change.requestId = from.ascii();
    else if (from.field === 3) change.fingerprint = from.uint();
    else if (from.field === 4) change.version = from.uint();
    else if (from.field === 5) change.seq = from.uint();
  }
  return change;
}

function decodeMember(from: WireReader): Member {
  const bounds: number[] = [];
  const ticks: number[] = [];
  const undelivered: number[] = [];
  const unread: number[] = [];
  let user = "";
  let muted = false;
  let blockVersion = 0;
  let leftVersion = 0;
  while (from.next()) {
    if (from.field === 1) user = from.ascii();
    else if (from.field === 2) from.packed(bounds);
    else if (from.field === 3) muted = from.bool();
    else if (from.field === 4) blockVersion = from.uint();
    else if (from.field === 5) from.packed(ticks);
    else if (from.field === 6) from.packed(undelivered);
    else if (from.field === 7) from.packed(unread);
    else if (from.field === 8) leftVersion = from.uint();
  }
  const [delivered, read = 0] = ticks;
  const ranges = { undelivered: intervalsOf(undelivered), unread: intervalsOf(unread) };
  return {
    user,
    intervals: intervalsOf(bounds),
    ...(muted && { muted }),
    ...(blockVersion > 0 && { blockVersion }),
    ...(delivered !== undefined && { claims: { delivered, read, ...ranges } }),
    ...(leftVersion > 0 && { leftVersion }),
  };
}

function intervalsOf(bounds: readonly number[]): Interval[] {
  const intervals: Interval[] = [];
  for (let i = 0; i < bounds.length; i += 2) {
    intervals.push({ from: bounds[i] as number, through: bounds[i + 1] as number });
  }
  return intervals;
}

// Each function is done with them when it returns.
const writer = new WireWriter(256);
const reader = new WireReader();
const inner = new WireReader();
