import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { Content } from "../../gen/chat/client/v1/messages.js";
import { directId, newId } from "../../lib/ids.js";
import { startMesh, type Topology } from "../../test/mesh.js";
import { ChatPair, type LoadUser, type PairCounts } from "./chat-pair.js";

/** Two users of whatever is measured; A's messages are acknowledged and read by B. */
export interface LoadPair {
  readonly counts: PairCounts;
  onSent: (latencyMs: number) => void;
  onRead: (latencyMs: number) => void;
  onBroken: (why: string) => void;
  connect(): Promise<void>;
  send(intendedMs: number): void;
  close(): void;
}

/** Why something cannot be measured here. */
export interface Skipped {
  readonly skipped: string;
}

/** A server under load: its processes, and how pairs of users get to it. */
export interface Subject {
  readonly name: string;
  /** What each process is, for the breakdown of CPU. */
  readonly processes: ReadonlyMap<string, number>;
  pair(): Promise<LoadPair>;
  stop(): Promise<void>;
}

export const TEXT = "a message of middling length, such as people write to each other every day";
export const content = Buffer.from(
  Content.encode({ kind: { $case: "text", value: { text: TEXT } } }).finish(),
);

/** Limits that a generator on one address would hit, and password hashing that is not what is measured. */
export const BENCH_ENV = {
  CHAT_AUTH_ARGON2_MEMORY_KIB: "1024",
  CHAT_AUTH_ARGON2_PASSES_COUNT: "1",
  CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT: "0",
  CHAT_GATEWAY_FRAMES_PER_SECOND: "100000",
  CHAT_GATEWAY_FRAMES_BURST: "1000000",
  CHAT_GATEWAY_BYTES_PER_SECOND: "100000000",
  CHAT_GATEWAY_BYTES_BURST: "1000000000",
  CHAT_GATEWAY_ACCEPTS_PER_SECOND: "100000",
  CHAT_GATEWAY_ADDRESS_ACCEPTS_PER_SECOND: "100000",
};

/** The product, durable, with everything on. */
export async function meshSubject(
  topology: Topology,
  env: Readonly<Record<string, string>> = {},
): Promise<Subject> {
  const mesh = await startMesh({ topology, env: { ...BENCH_ENV, ...env } });
  const processes = mesh.services.map((name): [string, number] => {
    return [topology === "all" ? "all" : name, mesh.pid(name) as number];
  });
  const user = async (): Promise<[string, LoadUser]> => {
    const tokens = await register(mesh.url);
    const headers = {
      "sec-websocket-protocol": "chat.v1.proto",
      authorization: `Bearer ${tokens.accessToken}`,
    };
    return [tokens.user, { url: `${mesh.webSocketUrl}?connect=1`, headers }];
  };
  return {
    name: topology === "all" ? "chatmesh, one process" : "chatmesh, mesh",
    processes: new Map(processes),
    async pair() {
      const [[a, userA], [b, userB]] = await Promise.all([user(), user()]);
      return new ChatPair([userA, userB], directId(a, b), content);
    },
    stop: () => mesh.stop(),
  };
}

let registered = 0;

async function register(url: string): Promise<Tokens> {
  const name = `load.${process.pid}.${++registered}`;
  const answer = await fetch(`${url}/v1/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: "correct horse battery" }),
  });
  const body = (await answer.json()) as { tokens: Tokens };
  if (answer.status !== 200) throw new Error(`register: ${JSON.stringify(body)}`);
  return body.tokens;
}

/** A floor of bench/floors: the same frames, relayed in memory. */
export async function floorSubject(which: "uws" | "ws"): Promise<Subject> {
  const file = fileURLToPath(new URL(`../floors/${which}-relay.js`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const port = Number(line.toString());
  return {
    name: which === "uws" ? "relay on uWebSockets.js" : "relay on ws",
    processes: new Map([["relay", child.pid as number]]),
    async pair() {
      const [a, b] = [newId("us"), newId("us")];
      const conversation = directId(a, b);
      const user = (id: string): LoadUser => ({
        url: `ws://127.0.0.1:${port}/?user=${id}&conversation=${conversation}`,
        headers: {},
      });
      return new ChatPair([user(a), user(b)], conversation, content);
    },
    async stop() {
      const gone = once(child, "close");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
