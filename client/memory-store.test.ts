import { MemoryStore } from "./memory-store.js";
import { describeStore } from "./store.suite.js";

describeStore("in memory", async () => {
  const store = new MemoryStore();
  return { reopen: async () => store };
});
