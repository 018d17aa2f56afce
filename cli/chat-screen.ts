import { clearScreenDown, cursorTo, type Interface, moveCursor } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import colors from "picocolors";
import type { ChatLine, ChatView } from "./chat.js";
import { printable, type Tick, type TickPosition, tickMark, tickOf, timeOf } from "./output.js";
import { rowsOf, textWidth } from "./text-width.js";

/** What the screen needs of a terminal; process.stdout is one. */
export interface Terminal {
  columns: number;
  rows: number;
  write(text: string): boolean;
}

interface Printed {
  line: ChatLine | undefined;
  /** Without colours: its width decides how many rows it takes. */
  plain: string;
  tick: Tick;
}

const KEPT = 200;
/** What the other side does stands before it. */
export const PROMPT = "> ";

/**
 * A chat in a terminal. Lines scroll up as usual; only the two columns of a tick are written again
 * when it moves, as long as its line is on the screen.
 */
export class ScreenView implements ChatView {
  private readonly printed: Printed[] = [];
  private position: TickPosition = { delivered: 0, peerRead: 0, except: [] };

  constructor(
    private readonly terminal: Terminal & NodeJS.WritableStream,
    private readonly input: Interface,
  ) {}

  message(line: ChatLine): void {
    const tick = this.tickFor(line);
    const time = timeOf(line.atUnixMs);
    const mark = line.own ? tickMark(tick) : "  ";
    const indent = " ".repeat(time.length + 4);
    const text = printable(line.text).replaceAll("\n", `\n${indent}`);
    const who = line.own ? colors.cyan(line.who) : colors.green(line.who);
    const plain = `${time}    ${line.who}: ${text}`;
    this.print(`${colors.dim(time)} ${mark} ${who}: ${text}`, { line, plain, tick });
  }

  sent(key: string, seq: number): void {
    const printed = this.printed.find((one) => one.line?.own && one.line.key === key);
    if (printed?.line === undefined) return;
    printed.line.seq = seq;
    this.refreshTicks();
  }

  ticks(position: TickPosition): void {
    this.position = position;
    this.refreshTicks();
  }

  notice(text: string): void {
    this.print(colors.dim(`-- ${text}`), { line: undefined, plain: `-- ${text}`, tick: "waiting" });
  }

  status(text: string): void {
    this.toPromptStart();
    clearScreenDown(this.terminal);
    this.input.setPrompt(text === "" ? PROMPT : `${colors.dim(`(${printable(text)})`)} ${PROMPT}`);
    this.input.prompt(true);
  }

  /** Takes back the line that readline echoed at Enter: the message itself comes in its place. */
  eraseEcho(text: string): void {
    const prompt = stripVTControlCharacters(this.input.getPrompt());
    const rows = rowsOf(prompt + text, this.terminal.columns);
    moveCursor(this.terminal, 0, -rows);
    cursorTo(this.terminal, 0);
    clearScreenDown(this.terminal);
  }

  private print(text: string, printed: Printed): void {
    this.printed.push(printed);
    if (this.printed.length > KEPT) this.printed.shift();
    this.toPromptStart();
    clearScreenDown(this.terminal);
    this.terminal.write(`${text}\n`);
    this.input.prompt(true);
  }

  private refreshTicks(): void {
    let rows = 0;
    for (const printed of [...this.printed].reverse()) {
      rows += rowsOf(printed.plain, this.terminal.columns);
      // The prompt's own row is on the screen too.
      if (rows >= this.terminal.rows) return;
      const { line } = printed;
      if (line === undefined || !line.own) continue;
      const tick = this.tickFor(line);
      if (tick === printed.tick) continue;
      printed.tick = tick;
      this.rewrite(rows, textWidth(timeOf(line.atUnixMs)) + 1, tick);
    }
  }

  /** Writes a tick `rows` above the prompt and goes back to where the cursor was. */
  private rewrite(rows: number, column: number, tick: Tick): void {
    this.toPromptStart();
    moveCursor(this.terminal, 0, -rows);
    cursorTo(this.terminal, column);
    this.terminal.write(tickMark(tick));
    moveCursor(this.terminal, 0, rows);
    cursorTo(this.terminal, 0);
    this.input.prompt(true);
  }

  private toPromptStart(): void {
    moveCursor(this.terminal, 0, -this.input.getCursorPos().rows);
    cursorTo(this.terminal, 0);
  }

  private tickFor(line: ChatLine): Tick {
    return line.seq === 0 ? "waiting" : tickOf(line.seq, this.position);
  }
}
