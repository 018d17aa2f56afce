import { systemClock } from "../clock.js";
import { silentLogger } from "../log.js";
import { openLevel } from "./level.js";

/**
 * For level-crash.test.ts: writes k0, k1, … into the directory it is given, 20 at a time and
 * without end, and prints the number of each that it was told is durable. Someone else has to stop
 * it.
 */
const directory = process.argv[2] as string;
const store = await openLevel({ directory, log: silentLogger, clock: systemClock });
let next = 0;

async function writeOn(): Promise<never> {
  for (;;) {
    const number = next++;
    await store.write((batch) => batch.put(Buffer.from(`k${number}`), Buffer.from(`v${number}`)));
    process.stdout.write(`${number}\n`);
  }
}

await Promise.all(Array.from({ length: 20 }, writeOn));
