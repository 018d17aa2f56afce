/**
 * An ordered key-value store with durable, grouped writes: what the embedded stores are built on.
 */
export interface KeyValueStore {
  /** Rejects with StoreError, as `range` does; damage found by a read concerns that read only. */
  get(key: Buffer): Promise<Buffer | undefined>;

  /** Pairs with `gte ≤ key < lt` in byte order, or backwards with `reverse`. */
  range(options: RangeOptions): Promise<[key: Buffer, value: Buffer][]>;

  /**
   * `fill` puts its operations into the batch that is being collected, at once; all that is
   * collected while one batch is being synced is the next one. Resolves when that batch is durable.
   * Rejects with StoreError when it could not be written: then the outcome of the whole batch is
   * unknown, the store closes and opens itself again with back-off, and until it has, everything
   * rejects with StoreError. `fill` must not throw: if it does, nothing of its batch is written.
   * The buffers it gives may be reused as soon as it returns. Reads see a write once it is durable.
   */
  write(fill: (batch: WriteBatch) => void): Promise<void>;

  /**
   * Raised by one each time the store had to be opened again: what was kept in memory beside it is
   * to be read anew.
   */
  readonly generation: number;

  close(): Promise<void>;
}

export interface WriteBatch {
  /** Stores the value, with the bytes of `tail` behind it when there is one. */
  put(key: Buffer, value: Buffer, tail?: Buffer): void;
  del(key: Buffer): void;
}

export interface RangeOptions {
  readonly gte: Buffer;
  readonly lt: Buffer;
  readonly reverse?: boolean;
  readonly limit?: number;
  /**
   * A pair that takes the sum of the value bytes above this is not given, nor any behind it; the
   * first always is.
   */
  readonly bytesMax?: number;
}

/**
 * `locked`: another process has the directory. `full`: no space. `corrupt`: damaged files. `io`:
 * anything else. `busy`: too much is waiting for the disk already; nothing was written and the
 * store goes on.
 */
export type StoreFailure = "locked" | "full" | "corrupt" | "io" | "busy" | "closed";

/**
 * The store cannot do it. The message says what happened and what to do; it names no key and no
 * value.
 */
export class StoreError extends Error {
  override name = "StoreError";

  constructor(
    readonly failure: StoreFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
