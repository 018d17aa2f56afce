import { makePlan } from "./plan.js";
import { World } from "./world.js";

const [from = "1", count = "1"] = process.argv.slice(2);
const start = performance.now();
for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
  const t = performance.now();
  const o = await new World(makePlan(seed)).run();
  console.log(
    seed,
    o.digest,
    o.steps,
    Math.round(o.simulatedMs / 1000),
    "ack",
    o.acknowledged,
    "shown",
    o.shown,
    "del",
    Math.round(o.deliveredMs),
    "tick",
    Math.round(o.tickedMs),
    (performance.now() - t).toFixed(0) + "ms",
  );
  if (o.violations.length > 0) {
    console.log(o.violations.slice(0, 5).join("\n"));
    if (process.env.TRACE) console.log(o.trace.join("\n"));
  }
}
console.log(((performance.now() - start) / Number(count)).toFixed(0), "ms per seed");
