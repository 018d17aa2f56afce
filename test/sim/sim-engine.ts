import type { Change, Row, SimDisk } from "./sim-disk.js";
import type { SimProcess } from "./sim-process.js";

interface Bounds {
  readonly gte: Buffer;
  readonly lt: Buffer;
  readonly reverse: boolean;
  readonly limit: number;
  readonly highWaterMarkBytes: number;
}

/** The part of the database's interface that the stores use, on a simulated disk. */
export class SimEngine {
  /** Given keys and values are copied at once, as LevelDB does. */
  readonly supports = { permanence: true };
  #open = true;

  constructor(
    readonly disk: SimDisk,
    readonly process: SimProcess,
    readonly opening: number,
  ) {}

  get(key: Buffer): Promise<Buffer | undefined> {
    const text = key.toString("latin1");
    return this.disk.read(this.process, () => this.#check(copied(this.disk.get(text))));
  }

  iterator(bounds: Bounds) {
    const { disk, process } = this;
    let rest: Row[] | undefined;
    const find = () => {
      const rows = disk.range(bounds.gte.toString("latin1"), bounds.lt.toString("latin1"));
      if (bounds.reverse) rows.reverse();
      return bounds.limit < 0 ? rows : rows.slice(0, bounds.limit);
    };
    return {
      nextv: (size: number) =>
        disk.read(process, () => {
          rest ??= find();
          return this.#check(step(rest, size, bounds.highWaterMarkBytes));
        }),
      close: async () => undefined,
    };
  }

  batch() {
    const changes: Change[] = [];
    const add = (key: Buffer, value: Buffer | undefined) => {
      changes.push({ key: key.toString("latin1"), value: copied(value) });
    };
    return {
      put: (key: Buffer, value: Buffer) => add(key, value),
      del: (key: Buffer) => add(key, undefined),
      write: () => this.disk.write(this.process, this.#check(changes), this.opening),
      close: async () => undefined,
    };
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #check<T>(value: T): T {
    if (!this.#open) throw new Error("the database is not open");
    return value;
  }
}

function step(rest: Row[], size: number, bytesMax: number): [Buffer, Buffer][] {
  const pairs: [Buffer, Buffer][] = [];
  let bytes = 0;
  while (rest.length > 0 && pairs.length < size && bytes <= bytesMax) {
    const { key, value } = rest.shift() as Row;
    pairs.push([Buffer.from(key, "latin1"), copied(value) as Buffer]);
    bytes += key.length + value.length;
  }
  return pairs;
}

function copied(value: Buffer | undefined): Buffer | undefined {
  return value && Buffer.from(value);
}
