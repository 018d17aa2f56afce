import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../history/checker/checker.js";
import { explain, summary, type Verdict } from "../history/checker/verdict.js";
import { FileRecorder, historyIn } from "../history/recorder.js";
import { Random } from "../sim/random.js";
import { within } from "../until.js";
import { ChaosMesh, type Shape } from "./chaos-mesh.js";
import { Crowd, untilNobody } from "./crowd.js";
import { mountSmallDisk } from "./faults/disk-full.js";
import { Recoveries } from "./recoveries.js";
import type { Fault, Stage } from "./stage.js";

/** Password hashing at its cheapest, no rate limits, tokens that outlast any clock that jumps, a short patience with dead sockets. */
const SETTINGS = {
  CHAT_AUTH_ARGON2_MEMORY_KIB: "1024",
  CHAT_AUTH_ARGON2_PASSES_COUNT: "1",
  CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT: "0",
  CHAT_AUTH_LIMIT_LOGIN_ADDRESS_COUNT: "0",
  CHAT_AUTH_ACCESS_LIFE_S: "86400",
  CHAT_GATEWAY_IDLE_MS: "10000",
  CHAT_APP_LOG_LEVEL: "warn",
};

export interface Plan {
  readonly seed: string;
  /** Conversations. */
  readonly circles: number;
  readonly paceMs: number;
  /** One after the other, until there are none left or enough is acknowledged. */
  readonly faults: (random: Random, crowd: Crowd) => Iterable<Fault>;
  /** Messages of each device after every fault before the next one comes. */
  readonly between: number;
  readonly shape?: Partial<Shape>;
  /** All data lies on a disk that can be filled. */
  readonly smallDisk?: boolean;
  /** What the processes may end of by themselves. */
  readonly mayEnd?: RegExp;
  /** One line per fault. */
  readonly say?: (line: string) => void;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** For people: what is wrong, empty when nothing is. */
  readonly wrong: string;
  readonly summary: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly skipped: readonly string[];
  readonly recoveries: Recoveries["samples"];
}

/** Somebody waited in vain, or something could not be done. What was seen until then is judged all the same: he may wait for what is lost. */
export class GivenUp extends Error {
  constructor(
    /** In short, and what was broken until then. */
    readonly why: string,
    readonly verdict: Verdict | undefined,
    output: string,
    cause: unknown,
  ) {
    super(`${why}\n${output}`, { cause });
  }
}

/** A mesh, a crowd that talks, one fault after the other; then everything comes to rest and the history is judged. Throws GivenUp. */
export async function runPlan(plan: Plan): Promise<Outcome> {
  const random = new Random(plan.seed);
  const directory = await mkdtemp(join(tmpdir(), "chatmesh-chaos-"));
  const recorder = new FileRecorder(join(directory, "history"));
  const network = random.fork("network");
  const env = { ...SETTINGS, ...plan.shape?.env };
  const data = join(directory, "mesh");
  await mkdir(data);
  const unmount = plan.smallDisk ? await mountSmallDisk(data) : undefined;
  const shape = { ...plan.shape, env, directory: data, random: () => network.fraction() };
  const mesh = await ChaosMesh.start(shape);
  const began = performance.now();
  let crowd: Crowd | undefined;
  try {
    crowd = await Crowd.start({ mesh, recorder, ...plan });
    const recoveries = new Recoveries(crowd.speakers, () => performance.now());
    const counts: Record<string, number> = {};
    const skipped: string[] = [];
    const say = (what: string) => {
      recorder.note({ type: "fault", what });
      const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
      plan.say?.(`${seconds} s  ${String(stage.crowd.acknowledged).padStart(8)} ✓  ${what}`);
    };
    const skip = ({ kind }: Fault, why: string) => {
      skipped.push(`${kind}: ${why}`);
      counts[kind] = (counts[kind] ?? 1) - 1;
    };
    const stage: Stage = { mesh, crowd, recorder, recoveries, say, skip, random };
    crowd.talk();
    await crowd.progress(plan.between);
    for (const fault of plan.faults(random.fork("faults"), crowd)) {
      counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
      await strike(stage, fault, plan.between);
    }
    await atRest(stage);
    recorder.close();
    // How the processes stop is judged, too.
    await mesh.stop().catch((error) => mesh.surprises.push(`${error}`));
    const said = judge(recorder.path, crowd, mesh, plan);
    return { ...said, faults: counts, skipped, recoveries: recoveries.samples };
  } catch (cause) {
    throw givenUp(plan, recorder, mesh, cause);
  } finally {
    // Whoever is left must not go on dialling while the next mesh is measured.
    const left = Promise.allSettled([crowd?.close(), mesh.stop()]);
    await within("everybody to leave", left).catch(() => {});
    await unmount?.();
    if (process.env.CHAOS_KEEP) plan.say?.(`kept: ${directory}`);
    else await rm(directory, { recursive: true });
  }
}

function givenUp({ seed }: Plan, recorder: FileRecorder, mesh: ChaosMesh, cause: unknown): GivenUp {
  const verdict = seenSoFar(recorder);
  const found = verdict?.count ? `\n${explain(historyIn(recorder.path), verdict)}` : "";
  const why = `seed ${seed}: ${(cause as Error).message}${found}`;
  return new GivenUp(why, verdict, mesh.output(), cause);
}

/** Undefined when the history itself is what is wrong. */
export function seenSoFar(recorder: FileRecorder): Verdict | undefined {
  try {
    recorder.flush();
    return check(historyIn(recorder.path));
  } catch {
    return undefined;
  }
}

async function strike(stage: Stage, fault: Fault, between: number): Promise<void> {
  await fault.run(stage);
  stage.say(`over: ${fault.kind}`);
  await stage.mesh.whole();
  await stage.crowd.progress(between);
  await untilNobody("to be served again", () => stage.recoveries.waiting);
  stage.recoveries.over();
}

async function atRest({ mesh, crowd, recorder, say }: Stage): Promise<void> {
  mesh.calm();
  say("nothing is broken any more");
  await crowd.rest();
  mesh.measure(recorder);
  recorder.note({ type: "settled", ticks: true });
  await crowd.readAgain();
  await crowd.close();
}

function judge(path: string, crowd: Crowd, mesh: ChaosMesh, { mayEnd }: Plan) {
  const verdict = check(historyIn(path));
  const wrong = [
    ...mesh.surprises.filter((what) => !mayEnd?.test(what)),
    ...crowd.refusals,
    ...(verdict.count > 0 ? [explain(historyIn(path), verdict)] : []),
  ];
  // A verdict on nothing would be worth nothing.
  if (verdict.acknowledged !== crowd.acknowledged || verdict.shown !== crowd.owed) {
    const seen = `${verdict.acknowledged} acknowledged and ${verdict.shown} shown`;
    wrong.push(`the history holds ${seen}, not ${crowd.acknowledged} and ${crowd.owed}`);
  }
  return { verdict, summary: summary(verdict), wrong: wrong.join("\n") };
}
