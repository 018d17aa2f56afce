import { directId, newId } from "../../lib/ids.js";
import { Rig, type RigOptions } from "./rig.js";

/** Two users, `a` and `b`, each with one device that is connected, and the conversation of the two. */
export async function startPair(options: RigOptions = {}) {
  const rig = await Rig.start(options);
  const [a, b] = [rig.device(newId("us")).attach(), rig.device(newId("us")).attach()];
  await rig.settle();
  await rig.until(() => rig.service.resumes.comparing === 0);
  return { rig, a, b, chat: directId(a.user, b.user) };
}
