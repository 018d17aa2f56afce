import { copyOf, MemoryStore } from "../../client/memory-store.js";
import type { ClientStore, StoredMessage, StoredState, StoreWrite } from "../../client/store.js";
import type { Random } from "./random.js";
import type { SimProcess } from "./sim-process.js";

const WRITE_MS = 8;

/** What a device remembers over its crashes: a write under way at a crash was made or was not. */
export class DeviceMemory {
  readonly store = new MemoryStore();
  readonly #flying = new Set<readonly StoreWrite[]>();

  constructor(readonly random: Random) {}

  /** The store as one run of the client sees it. */
  openedBy(process: SimProcess): ClientStore {
    const { store } = this;
    process.onDeath(() => this.#crash());
    const wait = () =>
      new Promise<void>((resolve) => {
        const delayMs = this.random.between(0.1, WRITE_MS);
        process.scheduler.after(delayMs, process, "device disk", resolve);
      });
    return {
      load: async (): Promise<StoredState> => {
        await wait();
        return store.load();
      },
      write: async (batch) => {
        const writes = batch.map(copyOf);
        this.#flying.add(writes);
        await wait();
        this.#flying.delete(writes);
        await store.write(writes);
      },
      messages: async (conversation, before, limit): Promise<StoredMessage[]> => {
        await wait();
        return store.messages(conversation, before, limit);
      },
      close: async () => undefined,
    };
  }

  #crash(): void {
    for (const writes of this.#flying) {
      if (!this.random.chance(0.5)) break;
      void this.store.write(writes);
    }
    this.#flying.clear();
  }
}
