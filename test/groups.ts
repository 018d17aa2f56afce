import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { newId } from "../lib/ids.js";
import type { Mesh } from "./mesh.js";
import { attach, call, type Device, register } from "./people.js";
import type { RawClient } from "./protocol.js";

/** Somebody who is signed in. */
type Caller = Pick<Device, "accessToken">;

export interface Changed {
  readonly changed?: { readonly version: string; readonly seq: string };
  readonly refused?: { readonly reason: string; readonly user?: string };
}

/** Asks for a change and gives what became of it. */
export async function askChange(
  mesh: Pick<Mesh, "url">,
  by: Caller,
  group: string,
  action: object,
): Promise<Changed> {
  const got = await call<{ group?: { version: string } }>(
    mesh,
    "groups/get",
    { group },
    by.accessToken,
  );
  const seenVersion = got.body.group?.version ?? "0";
  const request = { group, requestId: randomUUID(), seenVersion, ...action };
  const answer = await call<Changed>(mesh, "groups/change", request, by.accessToken);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/** Makes a change that must be made. */
export async function change(
  mesh: Pick<Mesh, "url">,
  by: Caller,
  group: string,
  action: object,
): Promise<{ version: number; seq: number }> {
  const answer = await askChange(mesh, by, group, action);
  assert.ok(answer.changed, JSON.stringify(answer));
  return { version: Number(answer.changed.version), seq: Number(answer.changed.seq) };
}

type AtLeastThree<T> = [T, T, T, ...T[]];

/** A group of so many people, each with one connected device that has the group's first entry; the first one owns it. */
export async function newGroup(mesh: Mesh, size: number) {
  const devices = await Promise.all(Array.from({ length: size }, () => register(mesh, "member")));
  const clients = await Promise.all(devices.map((device) => attach(mesh, device)));
  const [owner, ...others] = devices as AtLeastThree<Device>;
  const group = newId("gr");
  const members = others.map(({ user }) => user);
  await change(mesh, owner, group, { create: { name: "a group", members } });
  for (const client of clients) {
    await client.expect("deliver", ({ conversation }) => conversation === group);
    client.send("ack", { conversation: group, seq: 1 });
  }
  return {
    group,
    devices: devices as AtLeastThree<Device>,
    clients: clients as AtLeastThree<RawClient>,
  };
}

/** The seqs of all entries that a client can fetch, ascending. */
export async function entriesOf(client: RawClient, conversation: string): Promise<number[]> {
  const seqs: number[] = [];
  let before = 0;
  do {
    client.send("fetchHistory", { request: 9, conversation, before, limit: 100 });
    const page = await client.expect("history");
    seqs.unshift(...page.entries.map(({ seq }) => seq));
    before = page.before;
  } while (before > 0);
  return seqs;
}
