/** I1 to I14: what must always hold; README.md of this folder's parent says what each means and where it is seen. */
export type Invariant = `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14}`;

/** One invariant that was broken: in words, and the lines of the history that show it. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** Numbers of lines, from 1 on, ascending. */
  readonly lines: readonly number[];
}

const KEPT = 50;

/** Collects violations; of many only the first are kept, all are counted. */
export class Findings {
  readonly violations: Violation[] = [];
  count = 0;
  /** How many there are of each. */
  readonly counts = new Map<Invariant, number>();

  add(invariant: Invariant, what: string, ...lines: (number | undefined)[]): void {
    this.count++;
    this.counts.set(invariant, (this.counts.get(invariant) ?? 0) + 1);
    if (this.violations.length >= KEPT) return;
    const known = lines.filter((line) => line !== undefined && line > 0) as number[];
    const ascending = [...new Set(known)].sort((a, b) => a - b);
    this.violations.push({ invariant, what, lines: ascending });
  }
}
