import { openLevelStore } from "../level-store.js";
import { message, waiting } from "../store.suite.js";

/** Writes message after message and says which are durable, until it is killed. */
const store = await openLevelStore(process.argv[2] as string);
for (let seq = 1; ; seq++) {
  await store.write([message(seq), { kind: "connect", connect: seq }, waiting(1, seq)]);
  process.stdout.write(`${seq}\n`);
}
