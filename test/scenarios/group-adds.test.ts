import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { newId } from "../../lib/ids.js";
import { askChange, change } from "../groups.js";
import type { Mesh } from "../mesh.js";
import { call, type Device, type Failure, register } from "../people.js";
import { setBlock, setPrivacy } from "../privacy.js";
import { onEveryTopology } from "../topologies.js";

interface Told {
  readonly reason?: string;
  readonly user?: string;
  readonly users?: readonly string[];
  readonly version?: string;
}

/** Three who know nothing of each other's settings. */
async function three(mesh: Mesh): Promise<[Device, Device, Device]> {
  const [ann, ben, carl] = ["ann", "ben", "carl"].map((name) => register(mesh, name));
  return Promise.all([ann, ben, carl] as [Promise<Device>, Promise<Device>, Promise<Device>]);
}

const create = (...members: Device[]) => ({
  create: { name: "a group", members: members.map(({ user }) => user) },
});
const add = (...users: Device[]) => ({ add: { users: users.map(({ user }) => user) } });

async function membersOf(mesh: Mesh, by: Device, group: string): Promise<string[]> {
  const { body } = await call<{ group: { members: { user: string }[] } }>(
    mesh,
    "groups/get",
    { group },
    by.accessToken,
  );
  return body.group.members.map(({ user }) => user);
}

onEveryTopology("adding people to groups", (scope) => {
  it("is refused for those who do not let one, for all at once and without the reason", async () => {
    const { mesh } = scope;
    const [ann, ben, carl] = await three(mesh);
    const group = newId("gr");
    await change(mesh, ben, group, create());
    const refusal = async (...people: Device[]) =>
      (await askChange(mesh, ben, group, add(...people))).refused as Told;
    const wanted = { reason: "REFUSE_REASON_INVITE_ONLY", users: [ann.user], version: "1" };
    await setBlock(mesh, ann, ben, true);
    const blocked = await refusal(carl, ann);
    assert.deepEqual(blocked, wanted);
    await setBlock(mesh, ann, ben, false);
    for (const who of ["CONTACTS", "NOBODY"]) {
      await setPrivacy(mesh, ann, { groups: `VISIBILITY_${who}` });
      // Byte for byte what a block says.
      assert.equal(JSON.stringify(await refusal(carl, ann)), JSON.stringify(blocked));
    }
    assert.deepEqual(await membersOf(mesh, ben, group), [ben.user]);
    await change(mesh, ben, group, add(carl));
    await setPrivacy(mesh, ann, { groups: "VISIBILITY_EVERYONE" });
    await change(mesh, ben, group, add(ann));
    assert.deepEqual(await membersOf(mesh, ann, group), [ben.user, carl.user, ann.user]);
  });

  it("is refused when the group is made, too; contacts may, and a link leads in", async () => {
    const { mesh } = scope;
    const [ann, ben, carl] = await three(mesh);
    await setPrivacy(mesh, ann, { groups: "VISIBILITY_CONTACTS" });
    const contacts = { requestId: randomUUID(), contacts: [carl.user] };
    await call(mesh, "contacts/add", contacts, ann.accessToken);
    const group = newId("gr");
    const refused = (await askChange(mesh, ben, group, create(ann, carl))).refused as Told;
    assert.deepEqual(refused, { reason: "REFUSE_REASON_INVITE_ONLY", users: [ann.user] });
    const carls = newId("gr");
    await change(mesh, carl, carls, create(ann));
    assert.deepEqual(await membersOf(mesh, ann, carls), [carl.user, ann.user]);
    // The id is free as before.
    await change(mesh, ben, group, create(carl));
    await setBlock(mesh, ann, ben, true);
    const secret = "0123456789abcdefghijklmnop";
    await change(mesh, ben, group, { setLink: { secret } });
    await change(mesh, ann, group, { join: { secret } });
    assert.deepEqual(await membersOf(mesh, ann, group), [ben.user, carl.user, ann.user]);
  });

  it("once done stays done for who asks again, whatever was set meanwhile", async () => {
    const { mesh } = scope;
    const [ann, ben] = await three(mesh);
    const group = newId("gr");
    await change(mesh, ben, group, create());
    const request = { group, requestId: randomUUID(), seenVersion: "1", ...add(ann) };
    const ask = () => call<object>(mesh, "groups/change", request, ben.accessToken);
    const made = await ask();
    assert.ok("changed" in made.body);
    await setBlock(mesh, ann, ben, true);
    if (mesh.topology === "processes") await mesh.restart("group", "SIGKILL");
    assert.deepEqual(await ask(), made);
  });

  if (scope.topology !== "processes") return;
  it("waits for auth", async () => {
    const { mesh } = scope;
    const [ann, ben, carl] = await three(mesh);
    const group = newId("gr");
    await change(mesh, ben, group, create(carl));
    await change(mesh, ben, group, { remove: { users: [carl.user] } });
    await setPrivacy(mesh, ann, { groups: "VISIBILITY_NOBODY" });
    await mesh.kill("auth");
    const ask = async (...people: Device[]) => {
      const request = { group, requestId: randomUUID(), seenVersion: "2", ...add(...people) };
      return call<Failure>(mesh, "groups/change", request, ben.accessToken);
    };
    // Group knows that Carl exists; that he lets Ben it does not.
    for (const person of [ann, carl]) {
      const { status, body } = await ask(person);
      assert.deepEqual([status, body.reason], [503, "BUSY"]);
    }
    await mesh.start("auth");
    assert.deepEqual(await membersOf(mesh, ben, group), [ben.user]);
    await change(mesh, ben, group, add(carl));
  });
});
