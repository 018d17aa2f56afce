import type { Clock } from "../clock.js";
import { Sealer } from "./checksum.js";
import type { Engine } from "./engine.js";
import { StoreError, type WriteBatch } from "./kv.js";

export interface GroupLimits {
  /** While groups are large, the next one starts at the earliest so long after the one before. */
  readonly paceMs: number;
  /** Bytes from which on a group takes no further writes. */
  readonly groupBytesMax: number;
  /** Bytes collected and in flight from which on writes are refused. */
  readonly pendingBytesMax: number;
}

/** All writes that become durable together, with one promise for all of them. */
class Group implements WriteBatch {
  readonly done: Promise<void>;
  resolve!: () => void;
  reject!: (error: StoreError) => void;
  readonly chained: ReturnType<Engine["batch"]>;
  bytes = 0;
  writes = 0;

  constructor(
    readonly commits: GroupCommit,
    engine: Engine,
  ) {
    this.chained = engine.batch();
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  put(key: Buffer, value: Buffer, tail?: Buffer): void {
    const { copies, sealer } = this.commits;
    const sealed = sealer.seal(key, value, tail);
    if (copies) this.chained.put(key, sealed);
    else this.chained.put(Buffer.from(key), Buffer.from(sealed));
    this.bytes += key.length + sealed.length;
  }

  del(key: Buffer): void {
    this.chained.del(this.commits.copies ? key : Buffer.from(key));
    this.bytes += key.length;
  }
}

/** A group of so many writes is large: its writers are many, and more of them will come within the pace. */
const LARGE_WRITES = 8;

/**
 * Collects writes into groups and syncs one group at a time. A group starts at the end of the
 * event-loop iteration of its first write, or when the one before it is durable; under load a little later, because a sync
 * costs as much CPU as dozens of writes. It is used for one
 * opened engine and dies with it.
 */
export class GroupCommit {
  readonly sealer = new Sealer();
  /** The native batch copies what it is given at once; the memory engine would keep our buffers. */
  readonly copies: boolean;
  #groups: Group[] = [];
  #flying: Group | undefined;
  #scheduled = false;
  #pendingBytes = 0;
  #dead: StoreError | undefined;
  #startedMs = Number.NEGATIVE_INFINITY;
  #large = false;

  constructor(
    readonly engine: Engine,
    readonly limits: GroupLimits,
    readonly clock: Clock,
    /** Called once, with what the engine threw; what was collected was not rejected yet. */
    readonly onFailure: (error: unknown) => void,
  ) {
    this.copies = engine.supports.permanence === true;
  }

  write(fill: (batch: WriteBatch) => void): Promise<void> {
    if (this.#pendingBytes >= this.limits.pendingBytesMax) return Promise.reject(busy());
    return this.#collect(fill);
  }

  /**
   * Resolves when all that was collected is durable. Writes one last batch that changes nothing:
   * with a batch behind it, damage to the last real one is told from a torn tail (log-check.ts).
   */
  drain(): Promise<void> {
    return this.#collect((batch) => batch.del(NO_KEY));
  }

  #collect(fill: (batch: WriteBatch) => void): Promise<void> {
    if (this.#dead) return Promise.reject(this.#dead);
    let group = this.#groups.at(-1);
    if (!group || group.bytes >= this.limits.groupBytesMax) {
      group = new Group(this, this.engine);
      this.#groups.push(group);
    }
    const before = group.bytes;
    try {
      fill(group);
    } catch (error) {
      this.#pendingBytes -= before;
      this.#drop(group, error);
      return Promise.reject(error);
    }
    group.writes++;
    this.#pendingBytes += group.bytes - before;
    if (!this.#flying && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#start);
    }
    return group.done;
  }

  /** Rejects everything that is collected or in flight; nothing more is taken. */
  kill(error: StoreError): void {
    this.#dead = error;
    this.#flying?.reject(error);
    this.#flying = undefined;
    for (const group of this.#groups) group.reject(error);
    this.#groups = [];
  }

  readonly #start = (): void => {
    this.#scheduled = false;
    if (this.#flying || this.#dead || this.#groups.length === 0) return;
    const waitMs = this.#large ? this.#startedMs + this.limits.paceMs - this.clock.nowMs() : 0;
    if (waitMs <= 0) return this.#begin();
    this.#scheduled = true;
    this.clock.after(waitMs, this.#begin, true);
  };

  readonly #begin = (): void => {
    this.#scheduled = false;
    const group = this.#groups.shift();
    if (!group || this.#dead) return;
    this.#flying = group;
    this.#startedMs = this.clock.nowMs();
    this.#large = group.writes >= LARGE_WRITES;
    group.chained.write(SYNC).then(this.#landed, this.#failed);
  };

  readonly #landed = (): void => {
    const group = this.#flying;
    if (!group) return;
    this.#flying = undefined;
    this.#pendingBytes -= group.bytes;
    // The next sync runs while those who waited for this one work.
    this.#start();
    group.resolve();
  };

  readonly #failed = (error: unknown): void => {
    if (!this.#dead) this.onFailure(error);
  };

  /** A half-filled group cannot be taken back: nothing of it may be written. */
  #drop(group: Group, cause: unknown): void {
    this.#groups.pop();
    void group.chained.close();
    // Whoever threw is told by his own rejection; the promise may have no one else.
    group.done.catch(() => {});
    group.reject(
      new StoreError("io", "Nothing was written: another write of the group failed.", { cause }),
    );
  }
}

const NO_KEY = Buffer.of(0);
const SYNC = { sync: true } as object;

function busy(): StoreError {
  return new StoreError(
    "busy",
    "Nothing was written: too much is waiting for the disk. Try again later.",
  );
}
