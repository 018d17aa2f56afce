import type { Clock, Timer } from "../clock.js";
import type { Logger } from "../log.js";
import { unseal } from "./checksum.js";
import { diskEngine, type Engine, memoryEngine, type OpenEngine } from "./engine.js";
import { storeError } from "./failure.js";
import { GroupCommit, type GroupLimits } from "./group-commit.js";
import { type KeyValueStore, type RangeOptions, StoreError, type WriteBatch } from "./kv.js";
import { readRange } from "./range.js";

export interface LevelDeps {
  /** Where the files are; "memory" for a store that lives as long as this object. */
  readonly directory: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Opens the database instead: for tests that make it fail. */
  readonly open?: OpenEngine;
  readonly limits?: Partial<GroupLimits>;
}

/**
 * A group is at most a few milliseconds of disk; a store with this much waiting for it is not
 * keeping up.
 */
const defaults: GroupLimits = {
  groupBytesMax: 4 * 1024 * 1024,
  pendingBytesMax: 128 * 1024 * 1024,
  paceMs: 2,
};
const REOPEN_FIRST_MS = 50;
const REOPEN_MAX_MS = 5000;

/**
 * Opens the store, or rejects with a StoreError that says why not and what to do.
 *
 * What is acknowledged is synced (fdatasync of LevelDB's log) and survives kill -9 and power loss;
 * of a torn batch at the end of the log nothing is left. Nothing is ever repaired: files that do
 * not fit their checksums are refused at opening (log-check.ts, table-check.ts), and each value is
 * checked when it is read (checksum.ts). What cannot be seen: a bit flipped in the very last batch
 * after a crash, which looks like a torn one, and files cut short or replaced by older ones.
 */
export async function openLevel(deps: LevelDeps): Promise<KeyValueStore> {
  const { directory } = deps;
  const open = deps.open ?? (directory === "memory" ? memoryEngine() : diskEngine(directory));
  try {
    return new LevelStore(deps, open, await open());
  } catch (error) {
    throw storeError(error, directory);
  }
}

class LevelStore implements KeyValueStore {
  generation = 0;
  readonly #deps: LevelDeps;
  readonly #open: OpenEngine;
  #engine: Engine;
  #commits: GroupCommit;
  /** Why nothing is possible now; undefined while the store is open. */
  #failure: StoreError | undefined;
  #timer: Timer | undefined;
  #closing: Promise<void> | undefined;
  /** The closing or re-opening that is under way. */
  #recovery: Promise<void> = Promise.resolve();

  constructor(deps: LevelDeps, open: OpenEngine, engine: Engine) {
    this.#deps = deps;
    this.#open = open;
    this.#engine = engine;
    this.#commits = this.#newCommits();
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    if (this.#failure) throw this.#failure;
    try {
      const sealed = await this.#engine.get(key);
      return sealed && unseal(key, sealed);
    } catch (error) {
      throw this.#readError(error);
    }
  }

  async range(options: RangeOptions): Promise<[Buffer, Buffer][]> {
    if (this.#failure) throw this.#failure;
    try {
      return await readRange(this.#engine, options);
    } catch (error) {
      throw this.#readError(error);
    }
  }

  write(fill: (batch: WriteBatch) => void): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return this.#commits.write(fill);
  }

  /** Waits for what was written, then closes. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#timer?.cancel();
    const closed = new StoreError("closed", "The store is closed.");
    this.#failure = closed;
    await this.#commits.drain().catch(() => {});
    this.#commits.kill(closed);
    await this.#recovery;
    await this.#engine.close();
  }

  #newCommits(): GroupCommit {
    const limits = { ...defaults, ...this.#deps.limits };
    return new GroupCommit(this.#engine, limits, this.#deps.clock, (error) => this.#fail(error));
  }

  /**
   * Whether the write happened is not known, and LevelDB must not append behind it: only opening
   * anew tells.
   */
  #fail(cause: unknown): void {
    const error = storeError(cause, this.#deps.directory);
    this.#deps.log.error({ failure: error.failure, err: error }, "store failed, opening it again");
    this.#commits.kill(error);
    if (this.#closing) return;
    this.#failure = error;
    this.#recovery = this.#engine.close().catch(() => {});
    this.#reopenAfter(REOPEN_FIRST_MS);
  }

  #reopenAfter(delayMs: number): void {
    this.#timer = this.#deps.clock.after(delayMs, () => {
      this.#recovery = this.#recovery.then(() => this.#reopen(delayMs));
    });
  }

  async #reopen(delayMs: number): Promise<void> {
    if (this.#closing) return;
    try {
      this.#engine = await this.#open();
    } catch (cause) {
      const error = storeError(cause, this.#deps.directory);
      this.#deps.log.warn(
        { failure: error.failure, err: error },
        "store cannot be opened again yet",
      );
      if (!this.#closing) {
        this.#failure = error;
        this.#reopenAfter(Math.min(delayMs * 2, REOPEN_MAX_MS));
      }
      return;
    }
    if (this.#closing) return;
    this.generation++;
    this.#commits = this.#newCommits();
    this.#failure = undefined;
    this.#deps.log.info({ generation: this.generation }, "store is open again");
  }

  /** A read that was under way when the store failed or closed has the same reason. */
  #readError(error: unknown): StoreError {
    return this.#failure ?? storeError(error, this.#deps.directory);
  }
}
