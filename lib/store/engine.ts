import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AbstractLevel } from "abstract-level";
import { ClassicLevel } from "classic-level";
import { MemoryLevel } from "memory-level";
import { makeDirectory } from "../make-directory.js";
import { damaged, ifThere, storeError } from "./failure.js";
import { checkLogs } from "./log-check.js";
import { TableCheck } from "./table-check.js";

/** The database under the store. */
export type Engine = AbstractLevel<string | Buffer | Uint8Array, Buffer, Buffer>;

/** Opens the database, again each time it failed. What was durable before is there. */
export type OpenEngine = () => Promise<Engine>;

const encodings = { keyEncoding: "buffer", valueEncoding: "buffer" } as const;

/**
 * What LevelDB collects in memory before it writes a table; its log is as long, and is read at opening. With its own 4 MiB
 * a busy store spends a tenth of its CPU on writing tables and merging them.
 */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024;

/**
 * LevelDB in a directory, which is created when it is missing. The files are checked first: LevelDB
 * leaves its checksums unused when it reads, and a damaged key then makes rows disappear, or ends
 * the process in a compaction.
 */
export function diskEngine(directory: string): OpenEngine {
  const tables = new TableCheck(directory);
  return async () => {
    await makeDirectory(directory);
    await refuseHalfDirectory(directory);
    await checkLogs(directory);
    await tables.run();
    const db = new ClassicLevel<Buffer, Buffer>(directory, {
      ...encodings,
      writeBufferSize: WRITE_BUFFER_BYTES,
    });
    try {
      await db.open({ passive: false });
    } catch (error) {
      const { failure } = storeError(error, directory);
      if (failure !== "corrupt" || !(await isUnborn(directory))) throw error;
      for (const name of ["CURRENT", FIRST_MANIFEST]) await rm(join(directory, name));
      await db.open({ passive: false });
    }
    return db as Engine;
  };
}

const FIRST_MANIFEST = "MANIFEST-000001";

/**
 * LevelDB names the first manifest of a new store before it is on the disk, and the second one, synced, before the first
 * opening ends. When the power was cut in between, nothing was ever written; but LevelDB would never open it.
 */
async function isUnborn(directory: string): Promise<boolean> {
  const current = await ifThere(readFile(join(directory, "CURRENT"), "latin1"));
  if (current !== `${FIRST_MANIFEST}\n`) return false;
  for (const name of await readdir(directory)) {
    const holdsData = /\.(ldb|sst|log)$/.test(name);
    if (holdsData && (await stat(join(directory, name))).size > 0) return false;
  }
  return true;
}

/**
 * The same interface in memory; what was written outlives a close, as on a disk, but not the
 * process.
 */
export function memoryEngine(): OpenEngine {
  const db = new MemoryLevel<Buffer, Buffer>(encodings);
  return async () => {
    await db.open();
    return db as Engine;
  };
}

/**
 * LevelDB takes a directory without its CURRENT file for a new one and begins with an empty store.
 * With data beside it that file was lost, and all acknowledged data with it. The file names the
 * manifest.
 */
async function refuseHalfDirectory(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.includes("CURRENT")) {
    const manifest = await readFile(join(directory, "CURRENT"), "latin1");
    if (manifest.endsWith("\n") && names.includes(manifest.slice(0, -1))) return;
    throw damaged(directory, "its CURRENT file names no manifest");
  }
  for (const name of names) {
    if (!/\.(ldb|sst|log)$/.test(name)) continue;
    if ((await ifThere(stat(join(directory, name))))?.size === 0) continue;
    throw damaged(directory, "it has data but no CURRENT file");
  }
}
