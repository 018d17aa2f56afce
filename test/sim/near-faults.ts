import type { Act } from "./plan.js";
import type { Random } from "./random.js";

/** Draws a fault, without its time. */
export type FaultMaker = (random: Random) => Record<string, unknown>;

/** A few kinds of trouble, each several times, most of it just when one of these acts is on its way. */
export function nearFaults(
  { random, restMs }: { readonly random: Random; readonly restMs: number },
  acts: readonly Act[],
  all: readonly FaultMaker[],
): Act[] {
  const makers = Array.from({ length: random.below(5) }, () => random.pick(all));
  return makers.flatMap((make) =>
    Array.from({ length: 1 + random.below(4) }, () => {
      const near = random.pick(acts).atMs + random.skewed(1, 2_000);
      const atMs = random.chance(0.7) ? Math.min(near, restMs) : random.between(0, restMs);
      return { atMs, ...make(random) } as Act;
    }),
  );
}

export function brief(random: Random, fromMs: number, toMs: number) {
  return { forMs: random.skewed(fromMs, toMs) };
}

/** The disk of one of these fails for a while. */
export function diskFails(...modules: readonly string[]): FaultMaker {
  return (random) => ({
    kind: "disk fails",
    module: random.pick(modules),
    ...brief(random, 50, 10_000),
    reads: random.pick([0, 0.3, 1]),
    writes: random.pick([0.1, 0.5, 1]),
    openings: random.pick([0, 0.5]),
    applied: random.pick([0, 0.5, 1]),
    late: random.pick([0, 0.5]),
    hangMs: random.pick([0, 5_000]),
  });
}
