/** How many tests went how. */
export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

/** One line for machines and people alike. */
export function countsText({ passes, failures, pending }: Counts): string {
  return `${passes} passed, ${failures} failed, ${pending} skipped`;
}
