import { USER_ACTS } from "./plan.js";
import type { Outcome } from "./world.js";

/** What is kept of a run when it went well: small, and the same whatever process ran it. */
export type Result = Omit<Outcome, "trace">;

/** The sum of many runs. */
export class Tally {
  readonly failed: Result[] = [];
  #seeds = 0;
  #simulatedMs = 0;
  #steps = 0;
  #acknowledged = 0;
  #shown = 0;
  readonly #faults: Record<string, number> = {};
  readonly #lost: Record<string, number> = {};
  readonly #settledMs: number[] = [];

  add(result: Result): void {
    this.#seeds++;
    this.#simulatedMs += result.simulatedMs;
    this.#steps += result.steps;
    this.#acknowledged += result.acknowledged;
    this.#shown += result.shown;
    this.#settledMs.push(result.deliveredMs);
    if (result.violations.length > 0) this.failed.push(result);
    for (const [kind, count] of Object.entries(result.lost)) {
      this.#lost[kind] = (this.#lost[kind] ?? 0) + count;
    }
    for (const [kind, count] of Object.entries(result.acts)) {
      if (!(USER_ACTS as ReadonlySet<string>).has(kind)) {
        this.#faults[kind] = (this.#faults[kind] ?? 0) + count;
      }
    }
  }

  /** Frames lost on connections that held, by hop and kind. */
  get lost(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#lost).sort());
  }

  summary() {
    const faults = Object.values(this.#faults).reduce((sum, count) => sum + count, 0);
    const violations = this.failed.reduce((sum, { violations }) => sum + violations.length, 0);
    return {
      seeds: this.#seeds,
      failed_seeds: this.failed.map(({ seed }) => seed).sort((a, b) => a - b),
      violations,
      simulated_hours: Math.round(this.#simulatedMs / 36_000) / 100,
      steps: this.#steps,
      acknowledged: this.#acknowledged,
      shown: this.#shown,
      faults,
      faults_by_kind: Object.fromEntries(Object.entries(this.#faults).sort()),
      frames_lost: Object.values(this.#lost).reduce((all, count) => all + count, 0),
      frame_kinds_lost: Object.keys(this.#lost).length,
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
      `${sum.acknowledged} messages acknowledged, shown ${sum.shown} times`,
      `${sum.faults} faults: ${kinds.join(", ")}`,
      `${sum.frames_lost} frames of ${sum.frame_kinds_lost} kinds lost on connections that held`,
      `everything everywhere after the last fault: p50 ${sum.settled_p50_ms} ms, p99 ${sum.settled_p99_ms} ms, at most ${sum.settled_max_ms} ms`,
      `${sum.violations} violations in ${sum.failed_seeds.length} seeds`,
    ].join("\n");
  }

  #settled(share: number): number {
    const sorted = [...this.#settledMs].sort((a, b) => a - b);
    return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  }
}
