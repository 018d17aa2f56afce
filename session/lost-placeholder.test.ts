import assert from "node:assert/strict";
import { NackReason } from "../gen/chat/client/v1/delivery.js";
import { directId, newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { Rig } from "./testing/rig.js";

describe("a placeholder that is lost", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(() => rig.stop());

  it("comes again as soon as any push: it came after a minute, the wait of an entry that cannot be parked", async () => {
    const a = rig.device(newId("us")).attach();
    const b = rig.device(newId("us")).attach();
    const conversation = directId(a.user, b.user);
    await rig.settle();
    a.send(conversation, 1);
    await rig.settle();
    for (let times = 0; times < limits.nacksMax; times++) {
      const reason = NackReason.APPLICATION;
      b.say({ $case: "nack", value: { conversation, seq: 1, reason } });
      await rig.settle();
      if (times === limits.nacksMax - 1) break;
      rig.clock.advance(limits.nackRetryMs);
      await rig.settle();
    }
    assert.equal(b.all("placeholder").length, 1);
    // The sweep is once a second.
    rig.clock.advance(limits.probeFirstMs + 1_000);
    await rig.settle();
    assert.equal(b.all("placeholder").length, 2);
  });
});
