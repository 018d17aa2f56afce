import { type FanRoom, fanOut } from "./load/fan.js";
import { openLoop } from "./load/open-loop.js";
import type { LoadPair } from "./load/subject.js";
import { interleaved, type Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface BesideSize {
  readonly inFlight: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUps: number;
  /** Messages per second of all pairs together. */
  readonly pairsPerS: number;
}

/** Pairs of a mesh, and a group whose owner is theirs. */
export interface Beside {
  readonly pairs: readonly LoadPair[];
  readonly room: FanRoom;
  readonly processes: ReadonlyMap<string, number>;
}

/** How long 1:1 messages wait for their ✓ with and without a hot group beside them. */
export async function besideGroup(
  { pairs, room, processes }: Beside,
  size: BesideSize,
  say: Say,
): Promise<Record<string, number>> {
  const sent = async () => {
    const { sent, fault } = await openLoop(pairs, { perS: size.pairsPerS, seconds: size.seconds });
    if (fault !== "") throw new Error(fault);
    return sent.p99;
  };
  const variants = [
    { name: "pairs alone", run: sent },
    {
      name: "pairs beside a hot group",
      run: async () => (await Promise.all([sent(), fanOut(room, processes, size)]))[0],
    },
  ];
  const results = await interleaved(variants, { ...size, say });
  const [alone, beside] = variants.map(({ name }) => spreadOf(results.get(name) ?? []).median);
  return {
    pair_p99_alone_ms: alone as number,
    pair_p99_beside_ms: beside as number,
    pair_p99_over_alone: (beside as number) / (alone as number),
  };
}
