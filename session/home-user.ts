import type { Link } from "../lib/link/link.js";
import type { Known } from "../lib/wire/words.js";
import { Encoded } from "../lib/wire/writer.js";
import type { Conversation } from "./conversation.js";
import type { Feed } from "./feed.js";

/** Field of Entry. */
const SENDER = 2;

/** A gateway as seen from here. Its boot id is its name: one that died never comes back under it. */
export interface Gateway {
  readonly id: string;
  /** The parser link that leads to it; undefined while there is none. */
  link: Link | undefined;
  /** Its connections known here, by id. */
  readonly connections: Map<number, Connection>;
  /** Monotonic time of the last roster chunk. */
  heardMs: number;
  /** Scratch of the fan-out plan: connections to push to, per codec. */
  readonly planned: { proto: number[]; json: number[] };
}

/** One live socket somewhere on the edge. */
export interface Connection {
  readonly gateway: Gateway;
  readonly id: number;
  readonly codec: number;
  /** The device's own count of its connections; the larger wins. */
  readonly connect: number;
  readonly device: HomeDevice;
  /** It stopped reading: pushes are dropped until it is attached again. */
  stalled: boolean;
  /** Pushes may have been lost on the way; the next roster entry starts a comparison. */
  doubted: boolean;
  /** The Origin in its commands, as bytes, once there was one: the next ones are recognised by it. */
  origin: Known | undefined;
  /** It as the target of an event, encoded when it is first one. */
  target: Encoded | undefined;
  /** The conversation of its last command, while that is in memory. */
  recent: Conversation | undefined;
}

/** A user whose home this instance is, or whom one of its conversations names. */
export class HomeUser {
  readonly devices: HomeDevice[] = [];
  /** Conversations in memory that point here; with none and no device, the object goes. */
  references = 0;
  /** He has switched his read receipts off. */
  hidesReads = false;
  #encoded: Encoded | undefined;

  constructor(readonly id: string) {}

  /** The id as the sender of an entry. */
  get asSender(): Encoded {
    this.#encoded ??= Encoded.ascii(SENDER, this.id);
    return this.#encoded;
  }

  device(id: string): HomeDevice | undefined {
    for (let i = 0; i < this.devices.length; i++) {
      const device = this.devices[i] as HomeDevice;
      if (device.id === id) return device;
    }
    return undefined;
  }
}

/** One installed client of a user, while it is connected or has feeds in memory. */
export class HomeDevice {
  connection: Connection | undefined;
  /** Deliveries to this device that are in memory, one per conversation. */
  readonly feeds = new Set<Feed>();
  /** Un-acknowledged bytes of resumed entries. */
  resumeBytes = 0;
  /** Feeds that wait for `resumeBytes` to fall. */
  blocked: Set<Feed> | undefined;
  /** The comparison under way for the present connection, if there is one. */
  resume: Resume | undefined;

  constructor(
    readonly user: HomeUser,
    readonly id: string,
  ) {}

  /** The connection, when it takes pushes. */
  get live(): Connection | undefined {
    const { connection } = this;
    return connection === undefined || connection.stalled ? undefined : connection;
  }
}

/** A device is being brought up to date: which conversations are left, and who is to be told. */
export interface Resume {
  readonly connection: Connection;
  /** The store has not been compared yet. */
  comparing: boolean;
  /** The comparison failed; the next sweep starts it again. */
  failed: boolean;
  /** Conversations with something for the device that are not being drained yet, with its stored cursor. */
  readonly queue: [conversation: string, cursor: number, confirmed: number][];
  /** Conversations whose owner could not say; asked again with the next sweep. */
  readonly later: [conversation: string, cursor: number, confirmed: number][];
  /** Conversations that had a live entry while the comparison was under way. */
  readonly missed: Set<string>;
  /** Conversations handed to their owner, who has not reported yet. */
  readonly draining: Set<string>;
  /** Token of the client's Resume that waits for CaughtUp; 0 when none does. */
  token: number;
  /** When CaughtUp is sent even if something is pending. */
  deadlineMs: number;
  /** Bases to repeat with the next answer. */
  bases: readonly (readonly [conversation: string, seq: number])[] | undefined;
}
