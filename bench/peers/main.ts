import { thisMachine } from "../rig/machine.js";
import { publish, sectionOf } from "../rig/report.js";
import { peersBench, peersBenchSizes } from "./peers.js";

// `node main.js [--smoke]`: measures the peers that are installed; see `make bench-peers`. An end by
// a signal is an exit, too, so that no peer outlives it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(1));
}
const smoke = process.argv.includes("--smoke");
const say = (text: string) => process.stdout.write(`${text}\n`);
const report = await peersBench(smoke ? peersBenchSizes.smoke : peersBenchSizes.full, say);
if (report) {
  const machine = thisMachine();
  say(sectionOf(report, machine));
  if (!smoke) publish(report, machine, "bench");
}
process.exit(0);
