/** One thing that is compared with others. */
export interface Variant<R> {
  readonly name: string;
  /** Runs once; the result has been checked. */
  run(): Promise<R>;
}

/** Takes a line about how far the work is. */
export type Say = (line: string) => void;

/**
 * Runs all variants in turn, A B C A B C …, so that what disturbs the machine for a while disturbs
 * all of them. The first `warmUps` rounds are thrown away.
 */
export async function interleaved<R>(
  variants: readonly Variant<R>[],
  options: { readonly rounds: number; readonly warmUps: number; readonly say?: Say },
): Promise<Map<string, R[]>> {
  const results = new Map<string, R[]>(variants.map(({ name }) => [name, []]));
  for (let round = -options.warmUps; round < options.rounds; round++) {
    options.say?.(round < 0 ? "warm-up" : `round ${round + 1} of ${options.rounds}`);
    for (const { name, run } of variants) {
      const result = await run();
      if (round >= 0) results.get(name)?.push(result);
    }
  }
  return results;
}
