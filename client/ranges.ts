import type { SeqRange } from "./store.js";

/**
 * For which own messages no tick is claimed, when the server says so of `told` and ticks were shown up to `shown`, but for those in
 * `before`: a tick that was shown stays.
 */
export function unclaimed(
  told: readonly SeqRange[],
  shown: number,
  before: readonly SeqRange[] = [],
): SeqRange[] {
  const still = told.flatMap((range) => [
    ...before.map((old) => meet(range, { from: old.from, through: Math.min(old.through, shown) })),
    meet(range, { from: shown + 1, through: range.through }),
  ]);
  const ranges: SeqRange[] = [];
  for (const range of still.filter(holdsSome).sort((a, b) => a.from - b.from)) {
    const last = ranges.at(-1);
    if (last !== undefined && range.from <= last.through + 1) {
      last.through = Math.max(last.through, range.through);
    } else ranges.push(range);
  }
  return ranges;
}

function meet(a: SeqRange, b: SeqRange): SeqRange {
  return { from: Math.max(a.from, b.from), through: Math.min(a.through, b.through) };
}

function holdsSome({ from, through }: SeqRange): boolean {
  return from <= through;
}
