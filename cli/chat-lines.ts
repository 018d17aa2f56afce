import type { SeqRange } from "../client/node.js";
import type { ChatLine, ChatView } from "./chat.js";
import { printable, type TickPosition, timeOf } from "./output.js";

/** A chat for pipes: one line per event, JSON lines with --json. */
export class LineView implements ChatView {
  private newestOwn = 0;
  private delivered = 0;
  private read = 0;

  constructor(
    private readonly json: boolean,
    private readonly write: (text: string) => void,
  ) {}

  message(line: ChatLine): void {
    if (line.own) this.newestOwn = Math.max(this.newestOwn, line.seq);
    const text = `${timeOf(line.atUnixMs)} ${line.who}: ${printable(line.text)}`;
    this.print({ event: "message", ...line }, line.own && line.seq === 0 ? `${text}  …` : text);
  }

  sent(key: string, seq: number): void {
    this.newestOwn = Math.max(this.newestOwn, seq);
    this.print({ event: "sent", key, seq }, `✓ sent #${seq}`);
  }

  ticks(position: TickPosition): void {
    const { delivered, peerRead: read, except, exceptRanges = [], unreadRanges = [] } = position;
    const without = { except, exceptRanges, unreadRanges };
    if (read > this.read && this.newestOwn > 0) {
      // What was not delivered is among what was not read.
      const text = `✓✓ read up to #${read}${butFor(except, unreadRanges.length > 0 ? unreadRanges : exceptRanges)}`;
      this.print({ event: "read", seq: read, ...without }, text);
    } else if (delivered > this.delivered && this.newestOwn > 0) {
      const text = `✓✓ delivered up to #${delivered}${butFor(except, exceptRanges)}`;
      this.print({ event: "delivered", seq: delivered, ...without }, text);
    }
    this.delivered = Math.max(this.delivered, delivered);
    this.read = Math.max(this.read, read);
  }

  notice(text: string): void {
    this.print({ event: "notice", text }, `-- ${text}`);
  }

  status(text: string): void {
    this.print({ event: "status", text }, `-- ${text || "nothing is known of the other one"}`);
  }

  private print(value: object, text: string): void {
    this.write(`${this.json ? JSON.stringify(value) : text}\n`);
  }
}

function butFor(except: readonly number[], ranges: readonly SeqRange[]): string {
  const spans = ranges.map(({ from, through }) => {
    return from === through ? `${from}` : `${from}–#${through}`;
  });
  const without = [...except, ...spans];
  return without.length > 0 ? ` but for #${without.join(", #")}` : "";
}
