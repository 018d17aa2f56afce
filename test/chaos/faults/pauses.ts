import type { Service } from "../chaos-mesh.js";
import { type Fault, hold } from "../stage.js";

/** The process stops for so long and knows nothing of it: longer than links live without a sign of life, or shorter. */
function stop(service: Service, fromMs: number, toMs: number, heavy = false): Fault {
  return {
    kind: `stop ${service}${heavy ? " for long" : ""}`,
    rows: heavy ? ["A5", "C30"] : ["A5"],
    heavy,
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name } = random.pick(mesh.of(service));
      const ms = random.between(fromMs, toMs);
      say(`SIGSTOP to ${name} for ${Math.round(ms)} ms`);
      mesh.signal(name, "SIGSTOP");
      await hold(stage, ms);
      mesh.measure(stage.recorder);
      mesh.signal(name, "SIGCONT");
    },
  };
}

/** The event loop does not turn; threads of the pool and the kernel go on. */
function block(service: Service): Fault {
  return {
    kind: `block ${service}`,
    rows: ["A12"],
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name } = random.pick(mesh.of(service));
      say(`the event loop of ${name} is blocked for 2 s`);
      mesh.order(name, { ordeal: "block", ms: 2_000 });
      await hold(stage, 2_200);
    },
  };
}

const HOUR_MS = 3_600_000;

/** The wall clock of one process, or of all, jumps by up to an hour, and back again. */
const clocks: Fault = {
  kind: "step clock",
  rows: ["A13"],
  async run(stage) {
    const { mesh, random, say } = stage;
    const all = [...mesh.members.keys()];
    const names = random.chance(0.3) ? all : [random.pick(all)];
    const aheadMs = random.pick([-1, 1]) * random.skewed(1_000, HOUR_MS);
    say(`the clock of ${names.join(", ")} jumps by ${Math.round(aheadMs / 1000)} s`);
    for (const name of names) mesh.order(name, { ordeal: "clock", aheadMs });
    await hold(stage, random.between(500, 2_000));
    say("the clock jumps back");
    for (const name of names) mesh.order(name, { ordeal: "clock", aheadMs: 0 });
  },
};

export const pauses: readonly Fault[] = [
  stop("session", 500, 2_000),
  stop("parser", 500, 2_000),
  stop("gateway", 500, 2_000),
  stop("receipts", 500, 2_000),
  stop("session", 16_000, 25_000, true),
  stop("gateway", 16_000, 25_000, true),
  stop("parser", 16_000, 25_000, true),
  block("session"),
  block("gateway"),
  block("parser"),
  clocks,
];
