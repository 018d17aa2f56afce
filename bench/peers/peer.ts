import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { freePort } from "../../test/free-port.js";
import { type LoadPair, type Subject, TEXT } from "../load/subject.js";
import { XmppPair } from "../load/xmpp-pair.js";
import type { XmppUser } from "../load/xmpp-socket.js";
import { treeCpuUs } from "../rig/cpu.js";

/** A server of others, with its users. */
export interface Peer extends Subject {
  /** A user that nobody was before. */
  user(): XmppUser;
  pair(): Promise<LoadPair>;
}

/** How a peer is started. */
export interface PeerSpec {
  readonly name: string;
  /** What its main process is called in the breakdown of CPU. */
  readonly process: string;
  readonly command: string;
  /** Prepares its directory; gives arguments and environment. */
  prepare(at: { readonly directory: string; readonly port: number }): Promise<{
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  }>;
}

const STARTS_WITHIN_MS = 30_000;
const ENDS_WITHIN_MS = 10_000;

/** Where a program is, as a shell would find it. */
export function programPath(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** Starts a peer of this process's own on loopback, with all it writes in a temporary directory. */
export async function startPeer(spec: PeerSpec): Promise<Peer> {
  const directory = mkdtempSync(join(tmpdir(), "cm-peer-"));
  const port = await freePort();
  const { args, env } = await spec.prepare({ directory, port });
  const child = spawn(spec.command, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, LANG: "C.UTF-8", HOME: directory, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  const kill = () => {
    child.kill("SIGKILL");
    remove();
  };
  process.once("exit", kill);
  const said = lastWords(child);
  const stop = async () => {
    await end(child);
    process.off("exit", kill);
    remove();
  };
  try {
    await listening(child, port);
  } catch (error) {
    await stop();
    throw new Error(`${spec.name}: ${(error as Error).message}\n${said()}`);
  }
  let users = 0;
  const user = (): XmppUser => {
    const name = `load.${++users}`;
    return { host: "127.0.0.1", port, domain: "localhost", name, password: "correcthorse" };
  };
  return {
    name: spec.name,
    // What else it starts (a forker, look-ups of names) does nothing per message.
    processes: new Map([[spec.process, child.pid as number]]),
    user,
    pair: async () => new XmppPair([user(), user()], TEXT),
    stop,
  };
}

/** The end of what a process printed. */
function lastWords(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-4000);
    });
  }
  return () => text;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  const deadlineMs = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended at once");
    if (await accepts(port)) return;
    await after(100);
  }
  throw new Error("it did not listen in time");
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Ends the process and all that it started, and waits until they are gone. */
async function end(child: ChildProcess): Promise<void> {
  const root = child.pid;
  if (root === undefined) return;
  const pids = [...treeCpuUs(root).keys()];
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "close");
    child.kill("SIGKILL");
    await gone;
  }
  const deadlineMs = performance.now() + ENDS_WITHIN_MS;
  for (;;) {
    const left = pids.filter((pid) => pid !== root && existsSync(`/proc/${pid}`));
    if (left.length === 0) return;
    if (performance.now() > deadlineMs) throw new Error(`still there: ${left.join(", ")}`);
    await after(20);
  }
}
