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
  const request = { requestId: randomUUID(), blocked: peer.user };
  const path = `blocks/${blocked ? "add" : "remove"}`;
  for (;;) {
    const { status, body } = await call<Answered>(mesh, path, request, by.accessToken);
    if (status === 200) return Number(body.done?.seq ?? body.seq ?? 0);
    assert.equal(status, 503, JSON.stringify(body));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Answered {
  readonly done?: { readonly seq?: string };
  readonly seq?: string;
}
