import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { revision } from "../revision.js";
import type { Random } from "../sim/random.js";
import type { Crowd } from "./crowd.js";
import { faults } from "./faults/index.js";
import { kills } from "./faults/kills.js";
import { report, type Window } from "./report.js";
import { GivenUp, type Plan, runPlan } from "./run.js";
import type { Fault } from "./stage.js";

export interface LongRun {
  readonly messages: number;
  readonly seed: string;
  /** No window begins later than this; the run goes on with the next call. */
  readonly forMs: number;
  readonly say: (line: string) => void;
}

/** Windows that were judged are kept here and committed: a run may be done in pieces, on one machine and on the next. */
const KEPT = "docs/chaos-run.jsonl";

const CROWD = { circles: 40, between: 12 };
/** The checker holds the messages of a window in memory. */
const WINDOW_MESSAGES = 40_000;
/** As much as two cores carry. */
const BUSY_PACE_MS = 65;
/** How often a fault that takes long is taken when it is drawn. */
const HEAVY_CHANCE = 0.15;
const KILL_CHANCE = 0.25;

/** With this the machine is idle most of the time, and what is measured is the mesh. */
const CALM_PACE_MS = 300;
/** At that pace more than ten seconds: the next kill finds connections that count as stable, as those that last for hours do. */
const CALM_BETWEEN = 60;

/** One window after the other, each on a mesh of its own, until enough is acknowledged. True when nothing was found. */
export async function longRun({ messages, seed, forMs, say }: LongRun): Promise<boolean> {
  const endMs = performance.now() + forMs;
  const windows = await keptWindows();
  const left = () => messages - windows.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  let good = true;
  while (left() > 0 && performance.now() < endMs) {
    const plan = { ...CROWD, paceMs: BUSY_PACE_MS, faults: nemesis };
    const number = windows.filter((window) => window.seed.startsWith(`${seed}/`)).length + 1;
    const window = await runWindow("all faults", { ...plan, seed: `${seed}/${number}`, say });
    windows.push(window);
    good &&= window.wrong === "";
    say(`window ${window.seed}: ${window.acknowledged} ✓, ${Math.max(0, left())} to go`);
  }
  report(windows);
  return good;
}

/** Nothing but kills, one after the other, for so long: how soon devices are served again. True when nothing was found. */
export async function measureRecoveries({
  seed,
  forMs,
  say,
}: Omit<LongRun, "messages">): Promise<boolean> {
  const windows = await keptWindows();
  function* faults(random: Random): Iterable<Fault> {
    const endMs = performance.now() + forMs;
    while (performance.now() < endMs) yield random.pick(kills.filter(isMeasured));
  }
  const calm = { paceMs: CALM_PACE_MS, between: CALM_BETWEEN };
  const plan = { ...CROWD, ...calm, seed: `kills/${seed}`, faults, say };
  const window = await runWindow("kills alone", plan);
  report([...windows, window]);
  return window.wrong === "";
}

async function keptWindows(): Promise<Window[]> {
  const lines = (await readFile(KEPT, "utf8").catch(() => "")).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Window);
}

async function runWindow(kind: Window["kind"], plan: Plan): Promise<Window> {
  const judged = await play(plan).catch(givenUp);
  if (judged.wrong !== "") plan.say?.(judged.wrong);
  const window = { kind, seed: plan.seed, commit: revision(), ...judged };
  await mkdir(dirname(KEPT), { recursive: true });
  await appendFile(KEPT, `${JSON.stringify(window)}\n`);
  return window;
}

type Judged = Omit<Window, "kind" | "seed" | "commit">;

async function play(plan: Plan): Promise<Judged> {
  const { verdict, wrong, summary, faults: counts, recoveries } = await runPlan(plan);
  plan.say?.(summary);
  const { acknowledged, shown, lost, shownTwice, outOfOrder, count: violations } = verdict;
  const found = { acknowledged, shown, lost, shownTwice, outOfOrder, violations };
  return { ...found, wrong, faults: counts, recoveries: Object.fromEntries(recoveries) };
}

/** Of a window that was given up nothing counts but that, and what was broken until then. */
function givenUp(error: Error): Judged {
  const [why] = error instanceof GivenUp ? [error.why] : error.message.split("\n", 1);
  const verdict = error instanceof GivenUp ? error.verdict : undefined;
  const { lost = 0, shownTwice = 0, outOfOrder = 0, count: violations = 0 } = verdict ?? {};
  const broken = { lost, shownTwice, outOfOrder, violations };
  const wrong = `given up: ${why}`;
  return { acknowledged: 0, shown: 0, ...broken, wrong, faults: {}, recoveries: {} };
}

/** Draws one fault after the other: kills of what everybody notices often, faults that take long rarely. */
function* nemesis(random: Random, crowd: Crowd): Iterable<Fault> {
  while (crowd.acknowledged < WINDOW_MESSAGES) {
    const fault = random.pick(random.chance(KILL_CHANCE) ? kills.filter(isMeasured) : faults);
    if (!fault.heavy || random.chance(HEAVY_CHANCE)) yield fault;
  }
}

function isMeasured({ kind }: Fault): boolean {
  return kind === "kill gateway" || kind === "kill session";
}
