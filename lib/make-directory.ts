import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates the directory and what is missing above it, one by one: the recursive form of Node 20 never
 * ends where the kernel answers "no such file" although the parent is there, as /proc does. Only the
 * owner may enter what is created: messages lie there as they are. What is there stays as it is, also
 * when another process has just created it.
 */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const parent = dirname(directory);
    if (code !== "ENOENT" || parent === directory) throw error;
    await makeDirectory(parent);
    await mkdir(directory, { mode: 0o700 }).catch((last: NodeJS.ErrnoException) => {
      if (last.code !== "EEXIST") throw last;
    });
  }
}
