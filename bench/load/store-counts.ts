import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../test/until.js";

const COUNTER = new URL("./count-writes.js", import.meta.url).href;

/** Rows and synced batches that processes have written to their stores. */
export interface StoreCounts {
  readonly rows: number;
  readonly syncs: number;
}

/** What has to be in the environment of a process that is to be asked; the directory is for its answers. */
export function countingEnv(directory: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import ${COUNTER}`, BENCH_COUNTS: directory };
}

/** Asks processes what they have written since they were started. */
export class StoreCounter {
  #asked = 0;

  constructor(
    readonly directory: string,
    readonly pids: readonly number[],
  ) {}

  async read(): Promise<StoreCounts> {
    const asked = ++this.#asked;
    for (const pid of this.pids) process.kill(pid, "SIGUSR2");
    const all = await Promise.all(this.pids.map((pid) => this.#answer(pid, asked)));
    return {
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      syncs: all.reduce((sum, { syncs }) => sum + syncs, 0),
    };
  }

  async #answer(pid: number, asked: number): Promise<StoreCounts> {
    let answer = { asked: 0, rows: 0, syncs: 0 };
    await until("a process to say what it has written", async () => {
      try {
        answer = JSON.parse(readFileSync(join(this.directory, `${pid}.json`), "utf8"));
      } catch {
        // Not written yet, or half of it.
      }
      return answer.asked === asked;
    });
    return answer;
  }
}
