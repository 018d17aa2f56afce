import type { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Link } from "../lib/link/link.js";
import type { Read } from "./loads.js";
import { FLAG } from "./users.js";

/** A connection of a client, with the way to it. */
export interface Place {
  readonly link: Link;
  /** Boot id of its gateway. */
  readonly gateway: string;
  readonly connection: number;
  readonly codec: Codec;
}

/** What is shown of a user. */
export interface View {
  readonly online: boolean;
  /** Unix second; 0 while he is online, and when it is not known or not shown. */
  readonly seen: number;
}

/** One connection that watches one user. */
export class Watch {
  /** Monotonic end. */
  untilMs = 0;
  /** Questions that wait for the store, and for which read of it. */
  readonly requests: number[] = [];
  waitsFor: Read = FLAG.loading;
  /** It was answered: from then on it is answered at once. */
  answered = false;
  /** What it was told. */
  told: View = NOTHING;

  constructor(
    /** Names the connection among all. */
    readonly key: string,
    /** Who looks. */
    readonly viewer: string,
    readonly place: Place,
  ) {}
}

/** One user who is watched. */
export class Watched {
  readonly watches = new Map<string, Watch>();
  /** What was last compared with what the watchers know. */
  view: View = NOTHING;
  /** When watchers were last told something that they had not asked for. */
  toldMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly record: number,
    readonly user: string,
  ) {}
}

/** Of a user who was never seen, and of one who shows nothing. */
export const NOTHING: View = Object.freeze({ online: false, seen: 0 });

export function isSame(a: View, b: View): boolean {
  return a.online === b.online && a.seen === b.seen;
}
