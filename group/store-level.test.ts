import { silentLogger } from "../lib/log.js";
import { memoryEngine } from "../lib/store/engine.js";
import { hastyClock } from "../lib/store/faults.js";
import { openLevel } from "../lib/store/level.js";
import { groupStoreSuite } from "./store.suite.js";
import { createLevelStore } from "./store-level.js";

groupStoreSuite("embedded, in memory", async () => {
  const engine = memoryEngine();
  const open = () =>
    openLevel({ directory: "memory", log: silentLogger, clock: hastyClock(), open: engine });
  const rig = {
    store: createLevelStore(await open()),
    async restart() {
      await rig.store.close();
      rig.store = createLevelStore(await open());
    },
    dispose: () => rig.store.close(),
  };
  return rig;
});
