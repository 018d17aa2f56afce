import { limits } from "../lib/limits.js";
import type { Conversation } from "./conversation.js";
import type { HomeDevice } from "./home-user.js";

/** An entry that a device refused, and how often. */
export interface Refused {
  readonly seq: number;
  readonly firstAtUnixMs: number;
  nacks: number;
}

/**
 * Delivery of one conversation to one device: what was pushed on the device's present connection and what it
 * acknowledged. `acked ≤ sent`; everything in between is in flight. No I/O.
 */
export class Feed {
  /** Highest seq acknowledged, as far as this flow is concerned; Resync may lower it. */
  acked: number;
  /** Highest seq pushed on the present connection. */
  sent: number;
  /** Highest seq the device ever acknowledged to this owner; 0 until it has. What is stored and told to receipts. */
  cursor = 0;
  /** `acked` is a guess made for a live push: no acknowledgement and no stored cursor stands behind it. */
  assumed: boolean;
  /** The cursor is higher than what is stored. */
  dirty = false;
  /** What is stored says that receipts has not confirmed the cursor; to be stored again when it has. */
  unconfirmed = false;
  /** Monotonic time of the last progress while something is in flight. */
  sinceMs = 0;
  /** How long to wait for progress before the next probe. */
  probeAfterMs: number = limits.probeFirstMs;
  /** Listed among the feeds that are looked at for probes. */
  watched = false;
  /** A page is being read from the store. */
  reading = false;
  /** It left memory: nothing may be pushed or counted any more. */
  gone = false;
  /** Raised by whatever makes a page that is being read worthless. */
  round = 0;
  /** Bytes in flight that count against the connection's resume budget. */
  bytes = 0;
  /** The device refused the first entry in line: nothing is pushed until it is time to try again. */
  paused = false;
  /** That entry, and how often the device refused it. */
  refused: Refused | undefined;
  /** The device's resume waits until `acked` reaches this; 0 when it does not. */
  target = 0;

  constructor(
    readonly conversation: Conversation,
    readonly device: HomeDevice,
    from: number,
    assumed: boolean,
  ) {
    this.acked = from;
    this.sent = from;
    this.assumed = assumed;
  }

  get inFlight(): number {
    return this.sent - this.acked;
  }

  /** The device acknowledged everything up to `seq`. True when that is news. */
  advance(seq: number, nowMs: number): boolean {
    if (seq > this.cursor) {
      this.cursor = seq;
      this.dirty = true;
    }
    this.assumed = false;
    if (seq <= this.acked) return false;
    const before = this.inFlight;
    this.acked = seq;
    if (this.sent < seq) this.sent = seq;
    this.sinceMs = nowMs;
    this.probeAfterMs = limits.probeFirstMs;
    this.paused = false;
    if (this.refused !== undefined && this.refused.seq <= seq) this.refused = undefined;
    const freed = before === 0 ? this.bytes : Math.ceil(this.bytes * (1 - this.inFlight / before));
    this.release(freed);
    return true;
  }

  /** Starts over after `from`: what was pushed before is forgotten. */
  restart(from: number, nowMs: number): void {
    this.release(this.bytes);
    this.acked = from;
    this.sent = from;
    this.assumed = false;
    this.sinceMs = nowMs;
    this.probeAfterMs = limits.probeFirstMs;
    this.paused = false;
    this.round++;
  }

  /** Nothing is in flight, and nothing up to `seq` is there for this device: it was no member then. */
  skip(seq: number): void {
    this.acked = seq;
    this.sent = seq;
  }

  /** Starts over later: the first entry in line is not pushed again before `waitMs` have passed. */
  pause(waitMs: number, nowMs: number): void {
    this.restart(this.acked, nowMs);
    this.probeAfterMs = waitMs;
    this.paused = true;
  }

  /** What it waited for is there: what comes now is looked after as any push. */
  goOn(nowMs: number): void {
    this.paused = false;
    this.sinceMs = nowMs;
    this.probeAfterMs = limits.probeFirstMs;
  }

  /** Entries were pushed; `bytes` count against the resume budget. */
  pushed(through: number, bytes: number, nowMs: number): void {
    if (this.inFlight === 0) this.sinceMs = nowMs;
    this.sent = through;
    this.bytes += bytes;
    this.device.resumeBytes += bytes;
  }

  release(bytes: number): void {
    this.bytes -= bytes;
    this.device.resumeBytes -= bytes;
  }
}
