import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Mesh } from "./mesh.js";
import { call, type Device } from "./people.js";

/** Asks for a block, or for its end, under one key until it is in force. Gives the place in the log. */
export async function setBlock(
  mesh: Pick<Mesh, "url">,
  by: Device,
  peer: Device,
  blocked: boolean,
): Promise<number> {
  const path = `blocks/${blocked ? "add" : "remove"}`;
  const body = await untilInForce<Answered>(mesh, by, path, { blocked: peer.user });
  return Number(body.done?.seq ?? body.seq ?? 0);
}

/** Changes settings, as canonical JSON has them. */
export async function setPrivacy(
  mesh: Pick<Mesh, "url">,
  by: Device,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await untilInForce(mesh, by, "privacy/set", { settings });
}

async function untilInForce<T>(
  mesh: Pick<Mesh, "url">,
  by: Device,
  path: string,
  change: object,
): Promise<T> {
  const request = { requestId: randomUUID(), ...change };
  for (;;) {
    const { status, body } = await call<T>(mesh, path, request, by.accessToken);
    if (status === 200) return body;
    assert.equal(status, 503, JSON.stringify(body));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Answered {
  readonly done?: { readonly seq?: string };
  readonly seq?: string;
}
