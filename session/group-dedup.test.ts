import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { ANN, GROUP, proposal, startGroup } from "./testing/group-rig.js";
import { FakeDevice, Rig } from "./testing/rig.js";

describe("the last sends of a group behind large changes, after a restart", () => {
  for (const [name, perChange, changes] of [
    ["many members added at once (limit 1,024)", 1_000, 1],
    ["changes of 250 members each (default limit of 256)", 250, 4],
  ] as const) {
    it(`know a send behind ${name}`, async () => {
      const { rig, changes: owner, ann } = await startGroup();
      const id = ann.send(GROUP, 1, "once");
      await rig.settle();
      const first = ann.last("sent")?.seq;
      assert.equal(first, 2);
      const users = Array.from({ length: perChange }, () => newId("us"));
      for (let i = 0; i < changes; i++) {
        const kind =
          i % 2 === 0
            ? { $case: "added" as const, value: { users, name: "x" } }
            : { $case: "removed" as const, value: { users } };
        const version = i + 1;
        const answer = await owner.propose(
          proposal({
            expectedVersion: version,
            change: { version: version + 1, kind },
            ...(i % 2 === 0 ? { add: users } : { remove: users }),
          }),
        );
        assert.equal(answer.outcome?.$case, "appended");
      }
      const next = await Rig.start({ kv: rig.kv });
      const again = new FakeDevice(next, ANN, ann.device).attach();
      again.send(GROUP, 1, "once", id);
      await next.settle();
      assert.equal(again.last("sent")?.seq, first, "the same outcome, not a second entry");
      await rig.stop();
      await next.stop();
    });
  }

  it("know the next number of a device", async () => {
    const { rig, changes: owner, ann } = await startGroup();
    ann.send(GROUP, 1, "answered");
    await rig.settle();
    assert.equal(ann.last("sent")?.seq, 2);
    const users = Array.from({ length: 1_000 }, () => newId("us"));
    const kind = { $case: "added" as const, value: { users, name: "x" } };
    await owner.propose(proposal({ change: { version: 2, kind }, add: users }));
    const next = await Rig.start({ kv: rig.kv });
    const again = new FakeDevice(next, ANN, ann.device).attach();
    again.send(GROUP, 2, "second");
    await next.settle();
    assert.equal(
      again.last("outOfOrder")?.expected,
      undefined,
      "its client ignores an expected of 1",
    );
    assert.equal(again.last("sent")?.seq, 4);
    await rig.stop();
    await next.stop();
  });
});
