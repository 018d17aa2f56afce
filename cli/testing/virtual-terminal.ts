import { Writable } from "node:stream";

const ESCAPE = "\u001b[";

/** A terminal for tests: follows the few control sequences the chat uses, and tells what is seen. */
export class VirtualTerminal extends Writable {
  readonly isTTY = true;
  private readonly lines: string[][] = [[]];
  private row = 0;
  private column = 0;

  constructor(
    readonly columns = 60,
    readonly rows = 20,
  ) {
    super({ decodeStrings: false });
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.take(chunk.toString());
    done();
  }

  /** All lines ever shown and not erased, without trailing blanks. */
  text(): string[] {
    return this.lines.map((line) => line.join("").trimEnd());
  }

  private take(text: string): void {
    const characters = [...text];
    while (characters.length > 0) {
      const rest = characters.join("");
      if (rest.startsWith(ESCAPE)) {
        const end = rest.search(/[A-Za-z]/);
        this.control(rest.slice(ESCAPE.length, end), rest.charAt(end));
        characters.splice(0, end + 1);
      } else {
        this.put(characters.shift() as string);
      }
    }
  }

  private control(argument: string, command: string): void {
    const count = Number(argument || "1");
    if (command === "A") this.row = Math.max(0, this.row - count);
    else if (command === "B") this.row += count;
    else if (command === "G") this.column = count - 1;
    else if (command === "J") {
      this.line().splice(this.column);
      this.lines.splice(this.row + 1);
    }
  }

  private put(character: string): void {
    if (character === "\r") this.column = 0;
    else if (character === "\n") {
      this.row++;
      this.column = 0;
    } else {
      if (this.column >= this.columns) {
        this.row++;
        this.column = 0;
      }
      const line = this.line();
      while (line.length < this.column) line.push(" ");
      line[this.column++] = character;
    }
    this.line();
  }

  private line(): string[] {
    while (this.lines.length <= this.row) this.lines.push([]);
    return this.lines[this.row] as string[];
  }
}
