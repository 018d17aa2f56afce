import { randomUUID } from "node:crypto";
import { SessionsService } from "../../gen/chat/session/v1/session.js";
import { systemClock } from "../../lib/clock.js";
import { newId } from "../../lib/ids.js";
import { silentLogger } from "../../lib/log.js";
import { createNetwork } from "../../lib/rpc/create-network.js";
import type { Mesh } from "../../test/mesh.js";
import type { LoadAccount } from "./accounts.js";

/** A group of the owner with these members; gives its id. */
export async function newCrowd(
  mesh: Mesh,
  owner: LoadAccount,
  members: readonly LoadAccount[],
): Promise<string> {
  const group = newId("gr");
  const users = members.map(({ user }) => user);
  const create = { name: "a crowd", members: users };
  const answer = await fetch(`${mesh.url}/v1/groups/change`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${owner.accessToken}`,
    },
    body: JSON.stringify({ group, requestId: randomUUID(), seenVersion: "0", create }),
  });
  const body = (await answer.json()) as { changed?: unknown };
  if (!body.changed) throw new Error(`no group: ${answer.status} ${JSON.stringify(body)}`);
  return group;
}

/** Asks the session service which of the users have a connection that stopped reading. */
export async function countStalled(mesh: Mesh, accounts: readonly LoadAccount[]): Promise<number> {
  const boot = newId("bt");
  const network = createNetwork({ instance: "bench", boot, clock: systemClock, log: silentLogger });
  const sessions = network.client(mesh.address("session"), SessionsService, {});
  try {
    const answers = await Promise.all(accounts.map(({ user }) => sessions.getUser({ user })));
    return answers.filter(({ devices }) => devices.some(({ stalled }) => stalled)).length;
  } finally {
    sessions.close();
  }
}
