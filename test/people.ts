import { randomUUID } from "node:crypto";
import type { Tokens } from "../gen/chat/auth/v1/auth.js";
import type { Follower } from "./history/follower.js";
import type { Mesh } from "./mesh.js";
import { type Codec, RawClient } from "./protocol.js";

export const PASSWORD = "correct horse battery";

/** One device of a person, with its tokens. */
export interface Device extends Tokens {
  readonly name: string;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

/** Where a mesh is reached. */
export type Reached = Pick<Mesh, "url">;

/** Calls `POST /v1/<path>`. */
export async function call<T>(
  mesh: Reached,
  path: string,
  body: object,
  accessToken?: string,
): Promise<Answer<T>> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (accessToken !== undefined) headers.authorization = `Bearer ${accessToken}`;
  const answer = await fetch(`${mesh.url}/v1/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

/** A new person with one device. */
export async function register(mesh: Reached, start = "person"): Promise<Device> {
  return enter(mesh, "register", `${start}.${randomUUID().slice(0, 8)}`);
}

/** A further device of a person. */
export async function login(mesh: Reached, { name }: Device): Promise<Device> {
  return enter(mesh, "login", name);
}

async function enter(mesh: Reached, path: string, name: string): Promise<Device> {
  const body = { name, password: PASSWORD, deviceName: "test" };
  const answer = await call<{ tokens: Tokens }>(mesh, `auth/${path}`, body);
  if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return { ...answer.body.tokens, name };
}

export interface AttachOptions {
  readonly codec?: Codec;
  readonly connect?: number;
  readonly follower?: Follower;
}

/** Connects a device as a correct client does: Resume, Bases where they come, until CaughtUp. Entries wait in the inbox. */
export async function attach(
  mesh: Mesh,
  { accessToken }: Device,
  options: AttachOptions = {},
): Promise<RawClient> {
  const client = await RawClient.connect(mesh, { accessToken, ...options });
  await catchUp(client);
  return client;
}

const REPEAT_MS = 2000;
let tokens = 0;

/**
 * Resumes, and again while nothing comes; stores the bases, acknowledges every entry in order, until nothing is pending.
 */
export async function catchUp(client: RawClient): Promise<void> {
  const token = ++tokens;
  client.send("resume", { token });
  for (;;) {
    const frame = await client.firstOf(REPEAT_MS, () => true);
    if (frame === undefined) {
      client.send("resume", { token });
    } else if (frame.$case === "bases" && frame.value.complete) {
      client.send("ackBases", {});
    } else if (frame.$case === "deliver") {
      acknowledge(client, frame.value.conversation, frame.value.entry?.seq);
    } else if (frame.$case === "caughtUp" && frame.value.token === token) {
      if (frame.value.pending === 0) return;
      client.send("resume", { token });
    }
  }
}

export function acknowledge(client: RawClient, conversation: string, seq = 0): void {
  client.send("ack", { conversation, seq });
}

export interface TextMessage {
  readonly conversation: string;
  readonly number: number;
  readonly text: string;
  readonly clientMessageId?: string;
}

/** Sends a text; gives its key. */
export function sendText(client: RawClient, message: TextMessage): string {
  const { conversation, number, text, clientMessageId = randomUUID() } = message;
  const content = { kind: { $case: "text" as const, value: { text } } };
  client.send("send", {
    conversation,
    clientMessageId,
    number,
    content,
    acked: 0,
    automatic: false,
  });
  return clientMessageId;
}

/** The text of an entry. */
export function textOf(
  entry: { content?: { kind?: { value: { text: string } } } } | undefined,
): string {
  return entry?.content?.kind?.value.text ?? "";
}
