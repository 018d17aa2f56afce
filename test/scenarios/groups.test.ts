import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { change, entriesOf, newGroup } from "../groups.js";
import { acknowledge, attach, call, register, sendText, textOf } from "../people.js";
import { onEveryTopology } from "../topologies.js";

onEveryTopology("groups", (scope) => {
  it("have one order for all members, and ticks when all have it", async () => {
    const { mesh } = scope;
    const { group, clients } = await newGroup(mesh, 3);
    const [ann, bob, eve] = clients;
    sendText(ann, { conversation: group, number: 1, text: "hello" });
    assert.equal((await ann.expect("sent")).seq, 2);
    for (const client of [bob, eve]) {
      const { entry, after } = await client.expect("deliver", ({ entry }) => entry?.seq === 2);
      assert.deepEqual([after, textOf(entry)], [1, "hello"]);
    }
    acknowledge(bob, group, 2);
    acknowledge(eve, group, 2);
    await ann.expect("receipt", ({ delivered }) => delivered === 2);
    for (const client of [bob, eve]) {
      client.send("read", { conversation: group, seq: 2, automatic: false });
    }
    await ann.expect("receipt", ({ read }) => read === 2);
    ann.send("getMessageInfo", { request: 5, conversation: group, seq: 2 });
    const info = await ann.expect("messageInfo");
    assert.equal(info.members.length, 2);
    assert.ok(info.members.every((member) => member.readAtUnixMs > 0));
  });

  it("show a member what lies in his intervals, and nothing of the gap", async () => {
    const { mesh } = scope;
    const { group, devices, clients } = await newGroup(mesh, 3);
    const [owner, , leaver] = devices;
    const [ann, bob, eve] = clients;
    await change(mesh, owner, group, { remove: { users: [leaver.user] } });
    const { entry } = await eve.expect("deliver", ({ entry }) => entry?.change !== undefined);
    assert.equal(entry?.change?.kind?.$case, "removed");
    for (let number = 1; number <= 70; number++) {
      sendText(ann, { conversation: group, number, text: `gap ${number}` });
      await ann.expect("sent");
      acknowledge(bob, group, number + 2);
      acknowledge(ann, group, number + 2);
    }
    // Who left may not send, and is told so for good.
    sendText(eve, { conversation: group, number: 1, text: "let me in" });
    const rejected = await eve.expect("rejected");
    assert.deepEqual([rejected.reason, rejected.free], [6, false]);
    await change(mesh, owner, group, { add: { users: [leaver.user] } });
    const again = await eve.expect("deliver", ({ entry }) => entry?.seq === 73);
    assert.equal(again.after, 2);
    acknowledge(eve, group, 73);
    sendText(ann, { conversation: group, number: 71, text: "back" });
    const { after } = await eve.expect("deliver", ({ entry }) => entry?.seq === 74);
    assert.equal(after, 73);
    assert.deepEqual(await entriesOf(eve, group), [1, 2, 73, 74]);
  });

  it("bring what was missed to members who come back, through their intervals", async () => {
    const { mesh } = scope;
    const { group, devices, clients } = await newGroup(mesh, 2);
    const [owner] = devices;
    const [ann] = clients;
    const late = await register(mesh, "late");
    const lates = await attach(mesh, late);
    await lates.close();
    for (let number = 1; number <= 80; number++) {
      sendText(ann, { conversation: group, number, text: "before" });
      await ann.expect("sent");
      acknowledge(ann, group, number + 1);
    }
    await change(mesh, owner, group, { add: { users: [late.user] } });
    sendText(ann, { conversation: group, number: 81, text: "after" });
    await ann.expect("sent");
    const back = await attach(mesh, late);
    const seqs = back.received.flatMap((frame) => {
      return frame.$case === "deliver" ? [[frame.value.after, frame.value.entry?.seq]] : [];
    });
    assert.deepEqual(seqs, [
      [0, 82],
      [82, 83],
    ]);
  });

  it("let only admins send where the settings say so", async () => {
    const { mesh } = scope;
    const { group, devices, clients } = await newGroup(mesh, 2);
    const [owner] = devices;
    const [ann, bob] = clients;
    const settings = { whoMaySend: "GROUP_AUDIENCE_ADMINS", whoMayAdd: "GROUP_AUDIENCE_ADMINS" };
    await change(mesh, owner, group, { settings: { settings } });
    sendText(bob, { conversation: group, number: 1, text: "may I" });
    assert.deepEqual((await bob.expect("rejected")).reason, 4);
    sendText(ann, { conversation: group, number: 1, text: "quiet please" });
    assert.equal((await ann.expect("sent")).seq, 3);
    sendText(bob, { conversation: group, number: 2, text: "really not" });
    assert.equal((await bob.expect("rejected")).number, 2);
  });

  it("make a change once however often it is asked for", async () => {
    const { mesh } = scope;
    const { group, devices } = await newGroup(mesh, 2);
    const [owner] = devices;
    const request = { group, requestId: randomUUID(), seenVersion: "1", rename: { name: "new" } };
    const answers = await Promise.all(
      [1, 2, 3].map(() => call(mesh, "groups/change", request, owner.accessToken)),
    );
    for (const { body } of answers) assert.deepEqual(body, { changed: { version: "2", seq: "2" } });
    const other = { ...request, rename: { name: "other" } };
    const { body } = await call(mesh, "groups/change", other, owner.accessToken);
    assert.deepEqual(body, { refused: { reason: "REFUSE_REASON_CONFLICT", version: "2" } });
  });
});
