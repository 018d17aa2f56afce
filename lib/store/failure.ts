import { StoreError, type StoreFailure } from "./kv.js";

/** What people read: what happened, and what to do. */
const messages: Readonly<Record<Exclude<StoreFailure, "busy" | "closed">, string>> = {
  locked:
    "is in use by another process. Stop that process, or give this one a directory of its own; " +
    "do not delete the LOCK file.",
  full: "cannot be written: no space is left on its disk. Make room; the store goes on by itself.",
  corrupt:
    "is damaged. Nothing was repaired, because a repair may drop acknowledged data: keep a copy, " +
    "check the disk, restore a backup.",
  io:
    "cannot be read or written. Check that the disk works and that the directory belongs to " +
    "this process's user.",
};

/**
 * Turns whatever LevelDB, its binding or the file system threw into a StoreError about this
 * directory.
 */
export function storeError(error: unknown, directory: string): StoreError {
  if (error instanceof StoreError) return error;
  const failure = classify(error);
  const text = `The store in ${directory} ${messages[failure]} (${innermost(error)})`;
  return new StoreError(failure, text, { cause: error });
}

/** The directory was refused before LevelDB opened it. */
export function damaged(directory: string, what: string): StoreError {
  return new StoreError("corrupt", `The store in ${directory} ${messages.corrupt} (${what})`);
}

/** Undefined for a file that is gone: another process has the directory and LevelDB will say so. */
export function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

function classify(error: unknown): "locked" | "full" | "corrupt" | "io" {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code ?? "";
    if (code === "LEVEL_LOCKED") return "locked";
    if (code === "ENOSPC" || code === "EDQUOT" || NO_SPACE.test(at.message)) return "full";
    if (code === "LEVEL_CORRUPTION" || CORRUPT.test(at.message)) return "corrupt";
  }
  return "io";
}

// LevelDB passes the operating system's sentence on, not its number.
const NO_SPACE = /No space left on device|Disk quota exceeded/;
const CORRUPT = /^(Corruption|Invalid argument|NotFound): /;

/** The sentence of the first cause: outer errors only say that the database is not open. */
function innermost(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
