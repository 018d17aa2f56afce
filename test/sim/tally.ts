import { USER_ACTS } from "./plan.js";
import type { Outcome } from "./world.js";

/** What is kept of a run when it went well: small, and the same whatever process ran it. */
export type Result = Omit<Outcome, "trace">;

/** Settling times are kept in steps of this. */
const SETTLED_STEP_MS = 500;

/** Plain sums, so that a long run can be done in pieces and added up. */
export interface Sums {
  seeds: number;
  simulatedMs: number;
  steps: number;
  acknowledged: number;
  shown: number;
  changes: number;
  /** Of a run that began before there were any: none. */
  blocks?: number;
  violations: number;
  failedSeeds: number[];
  faults: Record<string, number>;
  lost: Record<string, number>;
  /** How many runs settled within so many steps of time. */
  settled: Record<string, number>;
}

/** The sum of many runs. */
export class Tally {
  /** Those of this process, with what was wrong. */
  readonly failed: Result[] = [];

  constructor(readonly sums: Sums = nothingYet()) {}

  add(result: Result): void {
    const { sums } = this;
    sums.seeds++;
    sums.simulatedMs += result.simulatedMs;
    sums.steps += result.steps;
    sums.acknowledged += result.acknowledged;
    sums.shown += result.shown;
    sums.changes += result.changes;
    sums.blocks = (sums.blocks ?? 0) + result.blocks;
    raise(sums.settled, `${Math.ceil(result.deliveredMs / SETTLED_STEP_MS)}`, 1);
    if (result.violations.length > 0) {
      this.failed.push(result);
      sums.violations += result.violations.length;
      sums.failedSeeds.push(result.seed);
    }
    for (const [kind, count] of Object.entries(result.lost)) raise(sums.lost, kind, count);
    for (const [kind, count] of Object.entries(result.acts)) {
      if (!(USER_ACTS as ReadonlySet<string>).has(kind)) raise(sums.faults, kind, count);
    }
  }

  /** Frames lost on connections that held, by hop and kind. */
  get lost(): Readonly<Record<string, number>> {
    return sorted(this.sums.lost);
  }

  summary() {
    const { sums } = this;
    return {
      seeds: sums.seeds,
      failed_seeds: [...sums.failedSeeds].sort((a, b) => a - b),
      violations: sums.violations,
      simulated_hours: Math.round(sums.simulatedMs / 36_000) / 100,
      steps: sums.steps,
      acknowledged: sums.acknowledged,
      shown: sums.shown,
      changes: sums.changes,
      blocks: sums.blocks ?? 0,
      faults: total(sums.faults),
      faults_by_kind: sorted(sums.faults),
      frames_lost: total(sums.lost),
      frame_kinds_lost: Object.keys(sums.lost).length,
      settled_p50_ms: this.#settled(0.5),
      settled_p99_ms: this.#settled(0.99),
      settled_max_ms: this.#settled(1),
    };
  }

  text(): string {
    const sum = this.summary();
    const kinds = Object.entries(sum.faults_by_kind).map(([kind, count]) => `${kind} ${count}`);
    return [
      `${sum.seeds} seeds, ${sum.simulated_hours} simulated hours, ${sum.steps} steps`,
      `${sum.acknowledged} messages acknowledged, shown ${sum.shown} times, ${sum.changes} changes of groups, ${sum.blocks} blocks and ends of some`,
      `${sum.faults} faults: ${kinds.join(", ")}`,
      `${sum.frames_lost} frames of ${sum.frame_kinds_lost} kinds lost on connections that held`,
      `everything everywhere after the last fault: p50 ${sum.settled_p50_ms} ms, p99 ${sum.settled_p99_ms} ms, at most ${sum.settled_max_ms} ms`,
      `${sum.violations} violations in ${sum.failed_seeds.length} seeds`,
    ].join("\n");
  }

  #settled(share: number): number {
    let left = Math.ceil(share * this.sums.seeds);
    const steps = Object.entries(this.sums.settled).map(([step, runs]) => [Number(step), runs]);
    for (const [step = 0, runs = 0] of steps.sort((a, b) => (a[0] as number) - (b[0] as number))) {
      left -= runs;
      if (left <= 0) return step * SETTLED_STEP_MS;
    }
    return 0;
  }
}

function nothingYet(): Sums {
  const counts = { seeds: 0, simulatedMs: 0, steps: 0, acknowledged: 0, shown: 0 };
  return {
    ...counts,
    changes: 0,
    violations: 0,
    failedSeeds: [],
    faults: {},
    lost: {},
    settled: {},
  };
}

function raise(counts: Record<string, number>, key: string, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function sorted(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort());
}
