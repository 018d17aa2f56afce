import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../app/main.js", import.meta.url));
const STOP_MS = 15_000;
const running = new Set<ChildProcess>();

// Whatever happens to the test run, no service outlives it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface ProcessOptions {
  /** For messages; by default the target. */
  readonly name?: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/** One process of a mesh under test: `node dist/app/main.js --target=…`, never restarted by itself. */
export class MeshProcess {
  readonly name: string;
  readonly #target: string;
  readonly #node: readonly string[];
  #env: NodeJS.ProcessEnv;
  readonly #output: Buffer[] = [];
  #child: ChildProcess | undefined;

  constructor(
    target: string,
    settings: Readonly<Record<string, string>>,
    { name = target, node = [] }: ProcessOptions = {},
  ) {
    this.name = name;
    this.#target = target;
    this.#node = node;
    this.#env = { ...withoutChatSettings(process.env), ...settings };
  }

  /** Further settings, from the next start on. */
  configure(settings: Readonly<Record<string, string>>): void {
    this.#env = { ...this.#env, ...settings };
  }

  /** Starts it and waits until it serves. */
  async start(): Promise<void> {
    const child = spawn(
      process.execPath,
      ["--enable-source-maps", ...this.#node, MAIN, `--target=${this.#target}`],
      {
        env: this.#env,
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    this.#child = child;
    running.add(child);
    child.once("close", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => this.#output.push(chunk));
    }
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("error", reject);
      child.once("close", (code, signal) => {
        reject(new Error(`${this.name} ended with ${signal ?? `exit code ${code}`}`));
      });
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Sends the signal and waits until the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || isGone(child)) return;
    const gone = once(child, "close");
    child.kill(signal);
    await gone;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Sends it a message, for a program that was loaded beside it. */
  tell(message: object): void {
    this.#child?.send(message, () => {});
  }

  /** Resolves when the process that runs now is gone, with how it ended. */
  async gone(): Promise<string> {
    const child = this.#child;
    if (!child) return "never started";
    if (!isGone(child)) await once(child, "close");
    return child.signalCode ?? `exit code ${child.exitCode}`;
  }

  /** Stops it as an operator would. Throws when it had crashed, does not end in time, or ends with a failure. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.signalCode === "SIGKILL") return;
    if (isGone(child)) throw new Error(`${this.name} had ended with ${child.exitCode}`);
    child.kill("SIGCONT");
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await this.kill("SIGTERM");
    clearTimeout(force);
    if (child.exitCode !== 0) {
      throw new Error(`${this.name} did not stop well: ${child.signalCode ?? child.exitCode}`);
    }
  }

  output(): string {
    return `--- ${this.name}\n${Buffer.concat(this.#output).toString()}`;
  }
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The settings of whoever runs the tests must not reach into them. */
function withoutChatSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith("CHAT_")));
}
