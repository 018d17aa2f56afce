import assert from "node:assert/strict";
import { join } from "node:path";
import { ListsService } from "../../gen/chat/group/v1/lists.js";
import { systemClock } from "../../lib/clock.js";
import { newId } from "../../lib/ids.js";
import { silentLogger } from "../../lib/log.js";
import { createNetwork } from "../../lib/rpc/create-network.js";
import { change } from "../groups.js";
import { call, type Device, register } from "../people.js";
import { MeshProcess } from "../process.js";
import { onTopology, QUICK } from "../topologies.js";
import { until } from "../until.js";

interface Listed {
  readonly groups?: readonly { readonly group: string; readonly name: string }[];
  readonly after?: string;
}

onTopology("processes", "several instances of the group service", (scope) => {
  let ann: Device;
  let bob: Device;
  let second: MeshProcess;
  const groups: string[] = [];

  const address = (name: string) => `unix:${join(scope.mesh.directory, "run", `${name}.sock`)}`;
  const one = () => `group-1=${address("group")}`;
  const two = () => `${one()},group-2=${address("group-2")}`;

  /** Starts group-1 and the gateway again with this list of instances. */
  const divide = async (instances: string) => {
    const { mesh } = scope;
    mesh.configure("group", { CHAT_GROUP_INSTANCES: instances });
    mesh.configure("gateway", { CHAT_GATEWAY_GROUPS: instances });
    await mesh.kill("group", "SIGTERM");
    await mesh.start("group");
    await mesh.restart("gateway", "SIGTERM");
  };
  const secondWith = (instances: string) =>
    new MeshProcess("group", {
      ...QUICK,
      CHAT_APP_DATA_DIRECTORY: scope.mesh.directory,
      CHAT_GROUP_NAME: "group-2",
      CHAT_GROUP_LISTEN: address("group-2"),
      CHAT_GROUP_DIRECTORY: join(scope.mesh.directory, "group-2"),
      CHAT_GROUP_INSTANCES: instances,
    });

  /** All pages of what the user is told, or why he is not. */
  const listed = async (who: Device): Promise<string[] | string> => {
    const found: string[] = [];
    for (let after = ""; ; ) {
      const body = { after, limit: 5 };
      const answer = await call<Listed & { reason?: string }>(
        scope.mesh,
        "groups/list",
        body,
        who.accessToken,
      );
      if (answer.status !== 200) return answer.body.reason ?? "";
      found.push(...(answer.body.groups ?? []).map(({ group }) => group));
      after = answer.body.after ?? "";
      if (after === "") return found;
    }
  };
  const untilListed = async (who: Device, expected: readonly string[]) => {
    const sorted = JSON.stringify([...expected].sort());
    let last: unknown;
    await until("the list to be told", async () => {
      last = await listed(who);
      // While it moves it is refused; what is told is whole.
      assert.ok(last === "BUSY" || JSON.stringify(last) === sorted, JSON.stringify(last));
      return last !== "BUSY";
    });
  };
  /** What one instance keeps of the user's groups. */
  const kept = async (instance: string, where: string, user: string): Promise<string[]> => {
    const network = createNetwork({
      instance: "test",
      boot: newId("bt"),
      clock: systemClock,
      log: silentLogger,
    });
    const client = network.client(where, ListsService, { deadlineMs: 5_000 });
    try {
      const answer = await client.listKept({ instance, user, after: "", limit: 500 });
      return answer.groups.map(({ group }) => group);
    } finally {
      client.close();
    }
  };

  before(async () => {
    ann = await register(scope.mesh, "ann");
    bob = await register(scope.mesh, "bob");
    for (let i = 0; i < 16; i++) {
      const group = newId("gr");
      const create = { name: `group ${i}`, members: [bob.user] };
      await change(scope.mesh, ann, group, { create });
      groups.push(group);
    }
  });
  after(async () => second?.stop());

  it("divide the groups when a second one comes, and lists stay whole", async () => {
    await untilListed(bob, groups);
    second = secondWith(two());
    await Promise.all([second.start(), divide(two())]);
    await untilListed(bob, groups);
    const parts = [
      await kept("group-1", address("group"), bob.user),
      await kept("group-2", address("group-2"), bob.user),
    ];
    assert.deepEqual(parts.flat().sort(), [...groups].sort(), "each is kept by one");
    assert.ok(parts.every((part) => part.length > 0));
    await assert.rejects(
      kept("group-2", address("group"), bob.user),
      /CHAT_GROUP_INSTANCES differ/,
    );
  });

  it("change what each keeps", async () => {
    const { mesh } = scope;
    const left = groups.filter((_, i) => i % 2 === 0);
    for (const group of left) await change(mesh, bob, group, { leave: {} });
    const fresh = newId("gr");
    await change(mesh, bob, fresh, { create: { name: "new", members: [] } });
    const stayed = groups.filter((group) => !left.includes(group));
    await untilListed(bob, [...stayed, fresh]);
    await untilListed(ann, groups);
  });

  it("tell no list that lacks what an instance keeps that is not there", async () => {
    await second.kill("SIGKILL");
    assert.equal(await listed(ann), "BUSY");
    second = secondWith(two());
    await second.start();
    await untilListed(ann, groups);
  });

  it("give everything back before one of them goes", async () => {
    await second.stop();
    second = secondWith(one());
    await Promise.all([divide(one()), second.start()]);
    await until("the second one to keep nothing", async () => {
      const found = await kept("group-1", address("group"), ann.user).catch(() => []);
      return found.length === groups.length;
    });
    await second.stop();
    second = secondWith(one());
    await second.start();
    await untilListed(ann, groups);
  });
});
