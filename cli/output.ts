import colors from "picocolors";
import type { SeqRange } from "../client/node.js";

/** Writes the result of a command: one JSON line with --json, text otherwise. */
export function printResult(json: boolean, value: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

/** Text of other people must not steer the terminal: control characters become visible. */
export function printable(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, "  ")
    .replace(UNSAFE, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

// Control characters but for the line feed, and the marks that turn the direction of text around.
const UNSAFE = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** In place of a text that this device does not have. */
export const UNKNOWN = "(unknown kind of message)";
export const UNSHOWN = "(a message that could not be shown here)";

export type Tick = "waiting" | "sent" | "delivered" | "read";

/** Two columns wide, whatever the tick. */
export function tickMark(tick: Tick): string {
  switch (tick) {
    case "waiting":
      return colors.dim("… ");
    case "sent":
      return colors.dim("✓ ");
    case "delivered":
      return colors.dim("✓✓");
    case "read":
      return colors.isColorSupported ? colors.blueBright("✓✓") : "✓✓ read";
  }
}

/** How far ticks have come. */
export interface TickPosition {
  readonly delivered: number;
  readonly peerRead: number;
  /** Messages without ticks: somebody has only a placeholder. */
  readonly except: readonly number[];
  /** The same: nobody who counts ever gets what lies in between, or reads it. */
  readonly exceptRanges?: readonly SeqRange[] | undefined;
  readonly unreadRanges?: readonly SeqRange[] | undefined;
}

export function tickOf(seq: number, position: TickPosition): Tick {
  const { except, exceptRanges = [], unreadRanges = [] } = position;
  const isIn = ({ from, through }: SeqRange) => from <= seq && seq <= through;
  if (except.includes(seq) || exceptRanges.some(isIn)) return "sent";
  if (position.peerRead >= seq && !unreadRanges.some(isIn)) return "read";
  return position.delivered >= seq ? "delivered" : "sent";
}

/** Today: the time; otherwise the date too. Local time. */
export function timeOf(unixMs: number, nowMs = Date.now()): string {
  const [at, now] = [new Date(unixMs), new Date(nowMs)];
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return at.toDateString() === now.toDateString() ? time : `${dateOf(at)} ${time}`;
}

/** When somebody was last seen, as one says it. */
export function seenOf(unixMs: number, nowMs = Date.now()): string {
  const at = new Date(unixMs);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const day = at.toDateString();
  if (day === new Date(nowMs).toDateString()) return `last seen today at ${time}`;
  const yesterday = new Date(nowMs);
  yesterday.setDate(yesterday.getDate() - 1);
  if (day === yesterday.toDateString()) return `last seen yesterday at ${time}`;
  return `last seen on ${dateOf(at)} at ${time}`;
}

function dateOf(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
