import type { Points } from "./points.js";

/**
 * What the presence service keeps: the seconds in which users did something, a time series per user and day. Points are only ever added, and
 * removed by age; adding one twice is adding it once. Every method rejects with StoreError when the store cannot do it.
 */
export interface PresenceStore {
  /** Makes all points durable. A rejection means that it is not known which of them are: the same ones may be added again. */
  add(points: Points): Promise<void>;

  /** The newest second of the user, as Unix time; 0 when there is none. */
  lastSeen(user: string): Promise<number>;

  /** Up to `limit` seconds with `from ≤ second < to` in ascending order. */
  list(user: string, span: Span): Promise<number[]>;

  /** The first day of which there are points (days since 1970); undefined when there are none. */
  oldestDay(): Promise<number | undefined>;

  /** Removes points of days before `day` (days since 1970), about `limit` of them; false when there are no more. */
  expire(day: number, limit: number): Promise<boolean>;

  close(): Promise<void>;
}

export interface Span {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}
