import type { Engine, OpenEngine } from "../../lib/store/engine.js";
import type { Random } from "./random.js";
import { SimEngine } from "./sim-engine.js";
import type { SimProcess } from "./sim-process.js";

export interface DiskSpeed {
  readonly readMs: number;
  readonly syncMs: number;
}

/** What is wrong with a disk for a while. */
export interface DiskTrouble {
  readonly untilMs: number;
  /** How many times slower it is. */
  readonly slowness: number;
  /** How likely a read, a write and an opening fails. */
  readonly reads: number;
  readonly writes: number;
  readonly openings: number;
  /** How likely a failed write was made all the same: at once, or by the next opening, from the log. */
  readonly applied: number;
  readonly late: number;
  /** A call that fails takes up to so much longer to say it. */
  readonly hangMs: number;
}

export interface Row {
  readonly key: string;
  readonly value: Buffer;
}

/** A change of one row; without a value the row goes. */
export interface Change {
  readonly key: string;
  readonly value: Buffer | undefined;
}

/** What one service has stored: outlives its processes. Writes that were not synced at a crash may be lost. */
export class SimDisk {
  trouble: DiskTrouble | undefined;
  /** Told of every batch that became durable. */
  written: (changes: readonly Change[]) => void = () => undefined;
  /** Told of what must never happen. */
  wrong: (invariant: string, text: string) => void = () => undefined;
  /** Whether a row, once written, may be another one. */
  mayChange: (key: string) => boolean = () => true;
  readonly #rows: Row[] = [];
  readonly #flying = new Set<readonly Change[]>();
  /** Writes that were said to have failed, and are found in the log by the next opening. */
  #late: (readonly Change[])[] = [];
  #openings = 0;

  constructor(
    readonly random: Random,
    readonly speed: DiskSpeed,
  ) {}

  open(process: SimProcess): OpenEngine {
    process.onDeath(() => this.#crash());
    return () =>
      this.perform(process, "open", () => {
        if (this.#fails("openings")) throw failure("cannot open");
        for (const changes of this.#late) this.#apply(changes);
        this.#late = [];
        return new SimEngine(this, process, ++this.#openings) as unknown as Engine;
      });
  }

  get(key: string): Buffer | undefined {
    const row = this.#rows[this.#find(key)];
    return row?.key === key ? row.value : undefined;
  }

  /** Rows with from ≤ key < to. */
  range(from: string, to: string): Row[] {
    return this.#rows.slice(this.#find(from), this.#find(to));
  }

  read<T>(process: SimProcess, work: () => T): Promise<T> {
    return this.perform(process, "read", () => {
      if (this.#fails("reads")) throw failure("cannot read");
      return work();
    });
  }

  /** `opening` is the writer's: who was replaced must not write any more. */
  write(process: SimProcess, changes: readonly Change[], opening: number): Promise<void> {
    this.#flying.add(changes);
    return this.perform(process, "write", () => {
      if (!this.#flying.delete(changes)) return;
      if (opening !== this.#openings) {
        this.wrong("I14 deposed", `${process.name} wrote after the disk was opened again`);
      }
      if (!this.#fails("writes")) return this.#apply(changes);
      const { applied = 0, late = 0 } = this.trouble ?? {};
      if (this.random.chance(applied)) this.#apply(changes);
      else if (this.random.chance(late)) this.#late.push(changes);
      throw failure("cannot write");
    });
  }

  /** Does the work when the disk gets to it; its outcome is heard by the process if that still lives. */
  perform<T>(process: SimProcess, kind: "open" | "read" | "write", work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      process.scheduler.after(this.#delayMs(kind), process, `disk ${kind}`, () => {
        try {
          resolve(work());
        } catch (error) {
          const hangMs = (this.trouble?.hangMs ?? 0) * this.random.fraction();
          process.scheduler.after(hangMs, process, "disk error", () => reject(error));
        }
      });
    });
  }

  /** Of what was being written something may have reached the disk. */
  #crash(): void {
    for (const changes of this.#flying) if (this.random.chance(0.5)) this.#apply(changes);
    this.#flying.clear();
  }

  #apply(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      const at = this.#find(key);
      const before = this.#rows[at];
      const there = before?.key === key ? 1 : 0;
      if (there && !this.mayChange(key) && !(value && before?.value.equals(value))) {
        this.wrong("I5 overwritten", `a row that may not change: ${key.slice(0, 48)}`);
      }
      if (value) this.#rows.splice(at, there, { key, value });
      else this.#rows.splice(at, there);
    }
    this.written(changes);
  }

  #delayMs(kind: "open" | "read" | "write"): number {
    const { readMs, syncMs } = this.speed;
    const usual = (kind === "read" ? readMs : syncMs) * (0.3 + this.random.fraction());
    return usual * (this.trouble?.slowness ?? 1);
  }

  #fails(what: "reads" | "writes" | "openings"): boolean {
    return this.trouble !== undefined && this.random.chance(this.trouble[what]);
  }

  /** Index of the first row whose key is not below. */
  #find(key: string): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as Row).key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function failure(what: string): Error {
  return Object.assign(new Error(`IO error: the simulated disk ${what}`), {
    code: "LEVEL_IO_ERROR",
  });
}
