/**
 * A history: what clients asked for, what they were told and what they showed, one JSON object per line, in the order in which
 * it happened. The checker reads nothing else. Devices are named as the test likes; conversations, users and messages by their ids.
 */
export type HistoryEvent = { readonly at: number } & HistoryFact;

/** An event without its time: milliseconds since the history began. */
export type HistoryFact =
  | DeviceFact
  | MemberFact
  | BlockFact
  | ChangeFact
  | ChangedFact
  | SendFact
  | LinkFact
  | EntryFact
  | CursorFact
  | ReadingFact
  | HarnessFact
  | EvidenceFact;

/** A device of a user takes part. Every device of a user must: ticks are checked against all of them. */
interface DeviceFact {
  readonly type: "device";
  readonly device: string;
  readonly user: string;
}

/** The user may see the entries from `from` through `through` (0: to the end). One per interval; a later one with the same `from` replaces it. */
interface MemberFact {
  readonly type: "member";
  readonly conversation: string;
  readonly user: string;
  readonly from: number;
  readonly through: number;
}

/**
 * The user blocks the other one of a 1:1: behind `seq` he sees nothing, and counts as before. Or he does so no more, and sees what is
 * from `seq` on. Known beforehand, each user's in the order in which he did it.
 */
type BlockFact = OneOf<
  "block" | "unblock",
  { readonly conversation: string; readonly user: string; readonly seq: number }
>;

/** The user asked for a change of a group: it becomes an entry at most once. Known beforehand, like who is a member. */
interface ChangeFact {
  readonly type: "change";
  readonly conversation: string;
  readonly user: string;
  /** The request_id. */
  readonly id: string;
  readonly body: string;
}

/** The answer to a change came: it is in the log, and so is what is before it. */
interface ChangedFact {
  readonly type: "changed";
  readonly conversation: string;
  readonly seq: number;
}

interface SendKey {
  readonly device: string;
  readonly conversation: string;
  /** The client_message_id. */
  readonly id: string;
}

type SendFact =
  /** The user gave the message to the device. In the order of sending. */
  | ({ readonly type: "invoke"; readonly body: string } & SendKey)
  /** Sent came. Once per answer: retries bring more of them. */
  | ({ readonly type: "ok"; readonly seq: number; readonly after: number } & SendKey)
  /** Rejected or Conflict came. */
  | ({ readonly type: "fail"; readonly reason: string } & SendKey)
  /** Nobody waits for an outcome any more: the message may be stored or not. */
  | ({ readonly type: "info" } & SendKey);

/** Facts of several types with the same fields. */
type OneOf<T extends string, Fields> = T extends string ? { readonly type: T } & Fields : never;

type LinkFact =
  /** A connection is being opened, is open, has ended. */
  | OneOf<"dial" | "connect" | "disconnect", { readonly device: string }>
  /** CaughtUp came: what was there at the last `dial` was delivered, but for `pending` entries. */
  | { readonly type: "caughtUp"; readonly device: string; readonly pending: number };

/** One entry of a log, as somebody saw it. */
export interface SeenEntry {
  readonly seq: number;
  readonly sender: string;
  readonly id: string;
  readonly body: string;
}

interface AtDevice {
  readonly device: string;
  readonly conversation: string;
}

type EntryFact =
  /** A new device starts behind `seq`. */
  | ({ readonly type: "base"; readonly seq: number } & AtDevice)
  /** Deliver came. */
  | ({ readonly type: "recv"; readonly after: number } & AtDevice & SeenEntry)
  /** The app shows the entry; an own message with its ✓, too. Or the entry behind a placeholder, in its place. */
  | OneOf<"shown" | "replaced", AtDevice & SeenEntry>
  /** The device says that it cannot take the entry in. */
  | ({ readonly type: "nack"; readonly seq: number } & AtDevice)
  /** The app shows that something is there: the device could not take the entry in. */
  | ({ readonly type: "placeholder" } & AtDevice & Omit<SeenEntry, "body">);

type CursorFact =
  /** The device says that it has all up to `seq` (Ack, Send.acked), or that its user has read it (Read). */
  | OneOf<"ack" | "read", { readonly seq: number } & AtDevice>
  /** Receipt came. */
  | ({
      readonly type: "receipt";
      readonly delivered: number;
      readonly read: number;
      readonly ownRead: number;
      /** Own messages for which no tick is claimed; left out when there are none. */
      readonly except?: readonly number[];
      /** The same, as ranges. */
      readonly exceptRanges?: readonly { readonly from: number; readonly through: number }[];
    } & AtDevice)
  /** The app shows ticks. */
  | ({ readonly type: "tick"; readonly delivered: number; readonly read: number } & AtDevice);

type ReadingFact =
  /** FetchHistory leaves the device … */
  | ({ readonly type: "ask"; readonly request: number; readonly before: number } & AtDevice)
  /** … and is answered: all entries from `before` (0: the first) up to the question's `before`. */
  | ({
      readonly type: "page";
      readonly request: number;
      readonly before: number;
      readonly entries: readonly SeenEntry[];
    } & AtDevice);

type HarnessFact =
  /** Something was broken or repaired just now. */
  | { readonly type: "fault"; readonly what: string }
  /** Nothing is broken and everything had its time: what should have happened must have. `ticks`: ticks, too. */
  | { readonly type: "settled"; readonly ticks: boolean };

/** What no client can see: from metrics, logs and dumps of what is durable. */
type EvidenceFact =
  | {
      readonly type: "gauge";
      readonly name: string;
      readonly value: number;
      readonly bound: number;
    }
  /** A secret or the body of a message was found in a log, a trace or a metric. */
  | { readonly type: "leak"; readonly where: string; readonly what: string }
  /** An owner wrote to a shard's journal: a take-over, or a commit. In the order of the store. */
  | OneOf<"takeOver" | "commit", { readonly shard: number; readonly epoch: number }>
  /** An operator was told that the device shows the entry in place of its placeholder now. */
  | ({ readonly type: "replayed"; readonly seq: number } & AtDevice)
  /** What receipts has stored of a user. */
  | {
      readonly type: "durable";
      readonly conversation: string;
      readonly user: string;
      readonly delivered: number;
      readonly read: number;
    };

export type Fact<T extends HistoryFact["type"]> = Extract<HistoryFact, { type: T }>;

const BODY_MAX = 48;

/** A change of a group as histories hold it. */
export function changeBody(kind: string | undefined): string {
  return `change: ${kind ?? "unknown"}`;
}

/** A text as histories hold it: itself, or when it is long its beginning, length and hash. */
export function bodyOf(text: string | undefined): string {
  if (text === undefined) return "";
  if (text.length <= BODY_MAX) return text;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return `${text.slice(0, 24)}…${text.length}:${(hash >>> 0).toString(16)}`;
}
