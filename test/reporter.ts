import mocha from "mocha";

/**
 * The usual `spec` output, then what was skipped and why, then one line with the three counts, for machines and people
 * alike. A test that skips itself says why first: `Object.assign(this.test, { skipReason: "…" })`.
 */
export default class SpecWithCounts extends mocha.reporters.Spec {
  readonly #skipped: string[] = [];

  constructor(runner: mocha.Runner, options: mocha.MochaOptions) {
    super(runner, options);
    runner.on("pending", (test) => {
      this.#skipped.push(`SKIPPED ${test.fullTitle()}: ${skipReason(test)}`);
    });
  }

  override epilogue(): void {
    super.epilogue();
    for (const line of this.#skipped) console.log(line);
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
}

function skipReason(test: mocha.Test): string {
  return "skipReason" in test ? String(test.skipReason) : "no reason given";
}
