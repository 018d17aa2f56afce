import { atomicTests, commitTests } from "./store-commit.suite.js";
import { compareTests } from "./store-compare.suite.js";
import { fenceTests, takeOverTests, unknownOutcomeTests } from "./store-fence.suite.js";
import { parkedTests } from "./store-parked.suite.js";
import { readTests } from "./store-read.suite.js";
import type { Stage, StoreRig } from "./store-rig.suite.js";
import { riseTests } from "./store-rise.suite.js";

/** Every sentence of the port in store.ts, for any implementation. */
export function sessionStoreSuite(name: string, open: () => Promise<StoreRig>): void {
  describe(`session store: ${name}`, () => {
    const at = {} as Stage;
    beforeEach(async () => {
      at.rig = await open();
    });
    afterEach(async () => {
      await at.rig.store.close();
      await at.rig.dispose();
    });
    describe("commit", () => {
      commitTests(at);
      atomicTests(at);
    });
    describe("lease", () => {
      fenceTests(at);
      takeOverTests(at);
      unknownOutcomeTests(at);
    });
    describe("reads", () => readTests(at));
    describe("what a device may lack", () => compareTests(at));
    describe("dead letters", () => parkedTests(at));
    describe("what only rises", () => riseTests(at));
  });
}
