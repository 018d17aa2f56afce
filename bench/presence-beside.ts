import { until } from "../test/until.js";
import { connectPairs } from "./load/closed-loop.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { openLoop } from "./load/open-loop.js";
import { PresenceTalkers, type Talk } from "./load/presence-talkers.js";
import type { LoadPair } from "./load/subject.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface PresenceBesideSize {
  readonly pairs: number;
  /** Messages of all pairs. */
  readonly perS: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** Devices that say what is for presence, and what all of them say: usually, and in a flood. */
  readonly talkers: number;
  readonly saidPerS: number;
  readonly floodPerS: number;
}

export const presenceBesideSizes = {
  full: {
    pairs: 50,
    perS: 400,
    seconds: 6,
    rounds: 5,
    warmUps: 2,
    talkers: 25,
    saidPerS: 500,
    floodPerS: 5_000,
  },
  smoke: {
    pairs: 2,
    perS: 50,
    seconds: 0.5,
    rounds: 1,
    warmUps: 0,
    talkers: 5,
    saidPerS: 500,
    floodPerS: 5_000,
  },
} as const satisfies Record<string, PresenceBesideSize>;

/** One that is slow runs for so long in each period. */
const SLOW_PERIOD_MS = 100;
const SLOW_RUNS_MS = 10;

interface Beside {
  readonly installation: Installation;
  readonly pairs: readonly LoadPair[];
  readonly talkers: PresenceTalkers;
}

/** How presence fares in each: ends when the function returned is called. */
const WEATHERS = {
  usual: async ({ talkers }: Beside, { saidPerS }: PresenceBesideSize) => talkers.start(saidPerS),
  stopped: async (beside: Beside, { saidPerS, floodPerS }: PresenceBesideSize) => {
    const { installation, talkers } = beside;
    installation.mesh.pause("presence");
    await refuses(talkers, floodPerS);
    const end = talkers.start(saidPerS);
    return () => {
      end();
      installation.mesh.resume("presence");
    };
  },
  slow: async ({ installation: { mesh }, talkers }: Beside, { saidPerS }: PresenceBesideSize) => {
    mesh.pause("presence");
    let pause: NodeJS.Timeout | undefined;
    const period = setInterval(() => {
      mesh.resume("presence");
      pause = setTimeout(() => mesh.pause("presence"), SLOW_RUNS_MS);
    }, SLOW_PERIOD_MS);
    const end = talkers.start(saidPerS);
    return () => {
      end();
      clearInterval(period);
      clearTimeout(pause);
      mesh.resume("presence");
    };
  },
  flooded: async ({ talkers }: Beside, { floodPerS }: PresenceBesideSize) =>
    talkers.start(floodPerS),
};

type Weather = keyof typeof WEATHERS;

/** Floods presence, which does not run, until parsers have no room for more. */
async function refuses(talkers: PresenceTalkers, floodPerS: number): Promise<void> {
  const before = talkers.talk.refused;
  const end = talkers.start(floodPerS);
  await until("parsers to have no room for presence", () => talkers.talk.refused > before, 60_000);
  end();
}

/** How long messages take while presence is stopped, slow, or flooded, over how long they take when nothing is wrong with it. */
export async function besidePresence(
  size: PresenceBesideSize,
  say: Say,
): Promise<Record<string, number>> {
  const installation = await startInstallation({
    topology: "processes",
    accounts: size.talkers + 2 * size.pairs,
  });
  const talkers = new PresenceTalkers(installation, installation.accounts.slice(0, size.talkers));
  let pairs: LoadPair[] = [];
  try {
    await talkers.connect();
    pairs = await connectPairs(installation, size.pairs);
    const variants = (Object.keys(WEATHERS) as Weather[]).map((name) => ({
      name,
      run: () => measured({ installation, pairs, talkers }, name, size, say),
    }));
    return figuresOf(await interleaved(variants, { ...size, say }));
  } finally {
    talkers.close();
    for (const pair of pairs) pair.close();
    await installation.stop();
  }
}

/** From sending to the last tick, milliseconds. */
type Latency = Record<"p50" | "p99", number>;

async function measured(
  beside: Beside,
  weather: Weather,
  size: PresenceBesideSize,
  say: Say,
): Promise<Latency> {
  const { installation, pairs, talkers } = beside;
  await installation.quiet();
  const end = await WEATHERS[weather](beside, size);
  try {
    const before = { ...talkers.talk };
    const { read, fault } = await openLoop(pairs, size);
    if (fault !== "") throw new Error(`${weather}: ${fault}`);
    talkers.areWell();
    isSo(weather, { before, after: talkers.talk });
    say(`presence is ${weather}: p50 ${read.p50.toFixed(2)}, p99 ${read.p99.toFixed(2)} ms`);
    return { p50: read.p50, p99: read.p99 };
  } finally {
    end();
  }
}

/** Throws when presence was not what it was to be: it answers unless it is stopped, and then parsers say that it does not. */
function isSo(weather: Weather, { before, after }: { before: Talk; after: Talk }): void {
  const answers = after.told > before.told;
  const refused = after.refused > before.refused;
  const right = weather === "stopped" ? !answers && refused : answers;
  if (!right) throw new Error(`presence is not ${weather}: ${JSON.stringify({ before, after })}`);
}

function figuresOf(results: ReadonlyMap<string, readonly Latency[]>): Record<string, number> {
  const usual = results.get("usual") ?? [];
  const figures: Record<string, number> = {};
  for (const [weather, rounds] of results) {
    for (const percentile of ["p50", "p99"] as const) {
      figures[`${weather}_${percentile}_ms`] = spreadOf(
        rounds.map((one) => one[percentile]),
      ).median;
      if (weather === "usual") continue;
      // Of neighbours in time: what disturbs a round disturbs all of it.
      const ratios = rounds.map(
        (one, i) => one[percentile] / (usual[i]?.[percentile] ?? Number.NaN),
      );
      figures[`${weather}_${percentile}_ratio`] = spreadOf(ratios).median;
    }
  }
  return figures;
}
