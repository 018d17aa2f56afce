import assert from "node:assert/strict";
import { newGroup } from "../groups.js";
import { acknowledge, sendText } from "../people.js";
import type { RawClient } from "../protocol.js";
import { onEveryTopology } from "../topologies.js";

/** More than one window of a device, and more than the kernel takes for a socket nobody reads. */
const MESSAGES = 128;
const AT_ONCE = 16;
const TEXT = "x".repeat(32 * 1024);

onEveryTopology("a member of a group who stops reading", (scope) => {
  it("does not hold up the others, and gets everything when he reads again", async () => {
    const { group, clients } = await newGroup(scope.mesh, 3);
    const [ann, bob, eve] = clients;
    const last = MESSAGES + 1;
    eve.pause();
    const bobs = takeThrough(bob, group, last);
    for (let from = 1; from <= MESSAGES; from += AT_ONCE) {
      for (let number = from; number < from + AT_ONCE; number++) {
        sendText(ann, { conversation: group, number, text: TEXT });
      }
      for (let n = 0; n < AT_ONCE; n++) acknowledge(ann, group, (await ann.expect("sent")).seq);
    }
    await bobs;
    eve.resume();
    await takeThrough(eve, group, last);
    await ann.expect("receipt", ({ delivered }) => delivered === last);
  });
});

/** Takes and acknowledges the entries behind the group's first one, in order and without a gap. */
async function takeThrough(client: RawClient, conversation: string, through: number) {
  for (let last = 1; last < through; ) {
    const { entry, after } = await client.expect("deliver");
    const seq = entry?.seq ?? 0;
    if (seq > last) {
      assert.equal(after, last);
      last = seq;
    }
    acknowledge(client, conversation, last);
  }
}
