import type { Random } from "../sim/random.js";
import type { Shape } from "./chaos-mesh.js";
import { diskFull } from "./faults/disk-full.js";
import { faults } from "./faults/index.js";
import type { Plan } from "./run.js";
import type { Fault } from "./stage.js";

/** A row of the catalogue of faults, played on a mesh of its own. */
export interface Row {
  readonly faults: readonly Fault[];
  /** How often each of its faults comes. */
  readonly rounds: number;
  readonly shape?: Partial<Shape>;
  readonly smallDisk?: boolean;
  readonly mayEnd?: RegExp;
}

const HEAP_MIB = 40;

/** Rows that need more than the faults which name them. */
const special: Readonly<Record<string, Partial<Row>>> = {
  A8: { faults: [diskFull], rounds: 2, smallDisk: true },
  A11: {
    faults: faults.filter(({ kind }) => /^(stop|kill) (session|gateway)$/.test(kind)),
    shape: {
      node: {
        session: [`--max-old-space-size=${HEAP_MIB}`],
        gateway: [`--max-old-space-size=${HEAP_MIB}`],
      },
    },
    mayEnd: /^(session|gateway)-\d ended with SIGABRT$/,
  },
};

const named = [...new Set(faults.flatMap(({ rows }) => rows))];

/** Every row that can be played, by its name in the catalogue. */
export const rowNames: readonly string[] = [...named, ...Object.keys(special)].sort(
  (a, b) => a.charCodeAt(0) - b.charCodeAt(0) || Number(a.slice(1)) - Number(b.slice(1)),
);

export function row(name: string): Row {
  const own = faults.filter(({ rows }) => rows.includes(name));
  return { faults: own, rounds: 3, ...special[name] };
}

/** A row as a plan: its faults in an order of the seed's. */
export function planOf(name: string, seed: string): Plan {
  const { rounds, faults: all, ...rest } = row(name);
  return {
    seed: `${name}/${seed}`,
    circles: 4,
    paceMs: 40,
    between: 10,
    faults: (random) => shuffled(Array.from({ length: rounds }, () => all).flat(), random),
    ...rest,
  };
}

export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
