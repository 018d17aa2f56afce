import assert from "node:assert/strict";
import { defaultClock, defaultRandom } from "../../client/clock.js";
import { Groups } from "../../client/groups.js";
import type { TokenKeeper } from "../../client/tokens.js";
import { newId } from "../../lib/ids.js";
import { change } from "../groups.js";
import { call, type Device, register } from "../people.js";
import { onTopology } from "../topologies.js";

const JOINERS = 150;

onTopology("all", "many who join a group by one link at the same moment", (scope) => {
  /** The SDK's groups of somebody who knows nothing of any group yet. */
  const groupsOf = ({ accessToken }: Device) =>
    new Groups({
      tokens: {
        account: { server: scope.mesh.url },
        authorized: (run: (token: string) => Promise<unknown>) => run(accessToken),
      } as unknown as TokenKeeper,
      fetch: (url, init) => fetch(url, init),
      clock: defaultClock,
      random: defaultRandom,
      seenVersion: () => 0,
      learn: async () => {},
    });

  it("are all in it then: none is refused as STALE because others were quicker", async () => {
    const { mesh } = scope;
    const owner = await register(mesh, "owner");
    const group = newId("gr");
    await change(mesh, owner, group, { create: { name: "a group", members: [] } });
    const secret = "0123456789abcdefghijklmnop";
    await change(mesh, owner, group, { setLink: { secret, expiresUnixMs: "0" } });
    const joiners: Device[] = [];
    while (joiners.length < JOINERS) {
      joiners.push(...(await Promise.all(Array.from({ length: 10 }, () => register(mesh)))));
    }
    const joined = joiners.map((device) => groupsOf(device).join(`${group}.${secret}`));
    const versions = (await Promise.all(joined)).map(({ version }) => version);
    assert.equal(new Set(versions).size, JOINERS);
    const got = await call<{ group: { members: unknown[] } }>(
      mesh,
      "groups/get",
      { group },
      owner.accessToken,
    );
    assert.equal(got.body.group.members.length, JOINERS + 1);
  });
});
