import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AbstractLevel } from "abstract-level";
import { ClassicLevel } from "classic-level";
import { MemoryLevel } from "memory-level";
import { StoreError } from "./kv.js";
import { checkLogs } from "./log-check.js";

/** The database under the store. */
export type Engine = AbstractLevel<string | Buffer | Uint8Array, Buffer, Buffer>;

/** Opens the database, again each time it failed. What was durable before is there. */
export type OpenEngine = () => Promise<Engine>;

const encodings = { keyEncoding: "buffer", valueEncoding: "buffer" } as const;

/** LevelDB in a directory, which is created when it is missing. */
export function diskEngine(directory: string): OpenEngine {
  return async () => {
    await mkdir(directory, { recursive: true });
    await refuseHalfDirectory(directory);
    await checkLogs(directory);
    const db = new ClassicLevel<Buffer, Buffer>(directory, encodings);
    await db.open({ passive: false });
    return db as Engine;
  };
}

/** The same interface in memory; what was written outlives a close, as on a disk, but not the process. */
export function memoryEngine(): OpenEngine {
  const db = new MemoryLevel<Buffer, Buffer>(encodings);
  return async () => {
    await db.open();
    return db as Engine;
  };
}

/**
 * LevelDB takes a directory without its CURRENT file for a new one and begins with an empty store. With data beside
 * it that file was lost, and all acknowledged data with it.
 */
async function refuseHalfDirectory(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.includes("CURRENT")) return;
  for (const name of names) {
    if (!/\.(ldb|sst|log)$/.test(name) || (await stat(join(directory, name))).size === 0) continue;
    throw new StoreError(
      "corrupt",
      `The store in ${directory} has data but no CURRENT file. Restore the directory from a backup.`,
    );
  }
}
