import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import { Orders } from "./orders.js";
import { nothingSaid } from "./privacy-store.js";
import { createPrivacyStore } from "./privacy-store-level.js";
import { FakeOwner } from "./testing/fake-owner.js";

describe("orders of a store that was set back to an earlier state", () => {
  it("are raised above what the owner knows, as what the user wants by then", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    const store = createPrivacyStore(kv);
    const [user, peer] = [newId("us"), newId("us")];
    const want = (on: boolean, version: number) => {
      const order = { user, subject: peer, on, version };
      return store.replacePrivacy({ ...nothingSaid(user), version }, version - 1, { order });
    };
    const owner = new FakeOwner();
    owner.inForce = 100;
    const { setBlock } = owner;
    // While the owner is told of the block, the user ends it.
    owner.setBlock = async (request) => {
      if (request.version === 1) await want(false, 2);
      return setBlock.call(owner, request);
    };
    const orders = new Orders({ store, owners: owner, clock: systemClock, log: silentLogger });
    await want(true, 1);
    await assert.rejects(orders.settle(user, peer));
    await orders.settle(user, peer);
    assert.equal(owner.told.at(-1)?.blocked, false);
    assert.ok((owner.told.at(-1)?.version ?? 0) > 100);
    assert.equal(await store.findOrder(user, peer), undefined);
    orders.stop();
    await kv.close();
  });
});
