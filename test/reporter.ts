import mocha from "mocha";
import { countsText } from "./counts.js";

/** A process with nothing left to do ends long before. */
const STILL_OPEN_MS = 20_000;

/**
 * The usual `spec` output, then what was skipped and why, then one line with the three counts; one of several lanes
 * (`lanes.ts`) sends them instead. A test that skips itself says why first: `Object.assign(this.test, { skipReason: "…" })`.
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
    const counts = { passes, failures, pending };
    if (process.send) process.send(counts);
    else console.log(countsText(counts));
    endAnyway();
  }
}

/** What a failed test left open, as a client that dials for ever, holds nothing up; where all passed it is a failure. */
function endAnyway(): void {
  const timer = setTimeout(() => {
    const open = [...new Set(process.getActiveResourcesInfo())].sort().join(", ");
    console.log(`tests left open what keeps the process alive: ${open}`);
    // Behind mocha's own listener, which sets the code to the number of failed tests.
    process.once("exit", () => {
      process.exitCode ||= 1;
    });
    process.exit();
  }, STILL_OPEN_MS);
  timer.unref();
}

function skipReason(test: mocha.Test): string {
  return "skipReason" in test ? String(test.skipReason) : "no reason given";
}
