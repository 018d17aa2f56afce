import { basename } from "node:path";

/** What a process did to one directory, in order, and what it said on its standard output. */
export type Act =
  | { readonly act: "create" | "open" | "truncate"; readonly name: string; readonly fd: number }
  | { readonly act: "write"; readonly fd: number; readonly bytes: Buffer; readonly at?: number }
  | { readonly act: "close" | "sync"; readonly fd: number }
  | { readonly act: "rename"; readonly from: string; readonly to: string }
  | { readonly act: "unlink"; readonly name: string }
  | { readonly act: "say"; readonly text: string };

/** Options of strace that make it write what `readTrace` reads. */
export const TRACE_OPTIONS: readonly string[] = [
  ...["-f", "-xx", "-s", "1000000"],
  "-e",
  "trace=/^(open|openat|creat|close|write|pwrite64|fdatasync|fsync|rename.*|unlink|unlinkat)$",
];

interface Call {
  readonly name: string;
  readonly args: string;
  readonly result: number;
}

/**
 * Reads what strace wrote. Of a call that other threads interrupted, a write counts from its begin, since its bytes may be
 * anywhere from then on, and a sync from its end, since only then it has promised something.
 */
export function readTrace(text: string, directory: string): Act[] {
  const reader = new TraceReader(directory);
  for (const line of text.split("\n")) reader.line(line);
  return reader.acts;
}

const BEGUN = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/s;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)/s;
const WHOLE = /^(\d+) +(\w+)\((.*)\) += (-?\d+)/s;
const STRING = /"((?:\\x[0-9a-f]{2})*)"/g;

class TraceReader {
  readonly acts: Act[] = [];
  readonly #begun = new Map<string, string>();
  readonly #fds = new Set<number>();

  constructor(readonly directory: string) {}

  line(line: string): void {
    const begun = BEGUN.exec(line);
    if (begun) {
      const [, thread = "", name = "", args = ""] = begun;
      // Where its bytes go does not depend on its result.
      if (name === "write" || name === "pwrite64") this.#write({ name, args, result: 1 });
      else this.#begun.set(thread, args);
      return;
    }
    const resumed = RESUMED.exec(line);
    if (resumed) {
      const [, thread = "", name = "", rest = "", result] = resumed;
      const args = (this.#begun.get(thread) ?? "") + rest;
      this.#begun.delete(thread);
      if (name !== "write" && name !== "pwrite64")
        this.#call({ name, args, result: Number(result) });
      return;
    }
    const whole = WHOLE.exec(line);
    if (!whole) return;
    const [, , name = "", args = "", result] = whole;
    this.#call({ name, args, result: Number(result) });
  }

  #call(call: Call): void {
    const { name, args, result } = call;
    if (result < 0) return;
    const fd = Number.parseInt(args, 10);
    switch (name) {
      case "write":
      case "pwrite64":
        return this.#write(call);
      case "open":
      case "openat":
      case "creat":
        return this.#open(call);
      case "fdatasync":
      case "fsync":
        if (this.#fds.has(fd)) this.acts.push({ act: "sync", fd });
        return;
      case "close":
        if (this.#fds.delete(fd)) this.acts.push({ act: "close", fd });
        return;
      case "unlink":
      case "unlinkat": {
        const file = this.#file(strings(args)[0]);
        if (file) this.acts.push({ act: "unlink", name: file });
        return;
      }
      default: {
        const [from, to] = strings(args).map((path) => this.#file(path));
        if (from && to) this.acts.push({ act: "rename", from, to });
      }
    }
  }

  #open({ args, result: fd }: Call): void {
    const path = `${strings(args)[0]}`;
    const name = this.#file(path);
    if (name === undefined && path !== this.directory) return;
    this.#fds.add(fd);
    const kind = /O_TRUNC/.test(args) ? "truncate" : /O_CREAT/.test(args) ? "create" : "open";
    this.acts.push({ act: kind, name: name ?? ".", fd });
  }

  #write({ name, args }: Call): void {
    const fd = Number.parseInt(args, 10);
    const bytes = bytesOf(/"((?:\\x[0-9a-f]{2})*)"/.exec(args)?.[1] ?? "");
    if (fd === 1) this.acts.push({ act: "say", text: bytes.toString() });
    if (!this.#fds.has(fd)) return;
    const at = name === "pwrite64" ? Number(args.split(",").at(-1)) : undefined;
    this.acts.push({ act: "write", fd, bytes, ...(at === undefined ? {} : { at }) });
  }

  /** The name of a file in the directory. */
  #file(path = ""): string | undefined {
    return path.startsWith(`${this.directory}/`) ? basename(path) : undefined;
  }
}

function strings(args: string): string[] {
  return [...args.matchAll(STRING)].map(([, hex = ""]) => bytesOf(hex).toString());
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll("\\x", ""), "hex");
}
