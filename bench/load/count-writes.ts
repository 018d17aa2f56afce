import { writeFileSync } from "node:fs";
import { ClassicLevel } from "classic-level";

/**
 * Loaded into a server's process before the server: counts what it writes to its store. On SIGUSR2 it says so in a file of
 * the directory BENCH_COUNTS, named by the process.
 */
const counts = { asked: 0, syncs: 0, rows: 0 };
type Chained = ReturnType<ClassicLevel<Buffer, Buffer>["batch"]>;
const target = ClassicLevel.prototype as unknown as { batch: () => Chained };
const { batch } = target;

target.batch = function counted(this: ClassicLevel<Buffer, Buffer>): Chained {
  const chained = batch.call(this);
  for (const name of ["put", "del"] as const) {
    const run = chained[name].bind(chained) as (...row: unknown[]) => Chained;
    Object.assign(chained, {
      [name]: (...row: unknown[]) => {
        counts.rows++;
        return run(...row);
      },
    });
  }
  const write = chained.write.bind(chained) as (options?: object) => Promise<void>;
  Object.assign(chained, {
    write: (options?: object) => {
      counts.syncs++;
      return write(options);
    },
  });
  return chained;
};

process.on("SIGUSR2", () => {
  counts.asked++;
  writeFileSync(`${process.env.BENCH_COUNTS}/${process.pid}.json`, JSON.stringify(counts));
});
