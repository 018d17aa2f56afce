import { directId } from "../../lib/ids.js";
import { startPair } from "./pair.js";
import type { FakeDevice, Rig } from "./rig.js";

/** `a` blocks `b`, or does not any more. */
export function blocking(rig: Rig, a: FakeDevice, b: FakeDevice) {
  const conversation = directId(a.user, b.user);
  return async (blocked: boolean, version: number) => {
    const answer = await rig.service.blocks.set({ conversation, user: a.user, blocked, version });
    await rig.settle();
    return answer;
  };
}

/** A pair, of which `a` may block `b`. */
export async function startBlocks() {
  const pair = await startPair();
  return { ...pair, set: blocking(pair.rig, pair.a, pair.b) };
}
