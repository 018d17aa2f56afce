import { systemClock } from "../../../lib/clock.js";
import { silentLogger } from "../../../lib/log.js";
import { openLevel } from "../../../lib/store/level.js";

/**
 * For power-cut.test.ts: opens the store in the directory it is given several times, writes into it each time, a few rows at
 * once, and prints the number of each row as soon as it is durable. Every opening turns the log into a table and begins a
 * new one, with a new manifest.
 */
const [directory = "", openings = "3", rows = "60"] = process.argv.slice(2);
let next = 0;

for (let opening = 0; opening < Number(openings); opening++) {
  const store = await openLevel({ directory, log: silentLogger, clock: systemClock });
  const end = next + Number(rows);
  const some = async () => {
    while (next < end) {
      const number = next++;
      const value = Buffer.alloc(1 + ((number * 7919) % 3000), number);
      await store.write((batch) => batch.put(Buffer.from(`k${number}`), value));
      process.stdout.write(`${number}\n`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, some));
  await store.close();
}
