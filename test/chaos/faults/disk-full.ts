import { execFile } from "node:child_process";
import { open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Fault, hold } from "../stage.js";

const run = promisify(execFile);
const DISK_MIB = 64;
const BLOCK = Buffer.alloc(256 * 1024);

/**
 * The disk under all stores is full for some time, in the middle of whatever they write, and then it is not any more. The
 * data is moved onto a small disk first: a tmpfs.
 */
export const diskFull: Fault = {
  kind: "disk full",
  rows: ["A8"],
  heavy: true,
  async run(stage) {
    const { mesh, random, say, skip } = stage;
    if (!(await hasSmallDisk(mesh.directory))) return skip(this, "no tmpfs may be mounted here");
    const ballast = join(mesh.directory, "ballast");
    say("the disk is filled");
    const file = await open(ballast, "w");
    // Until nothing is left, however much the stores free meanwhile.
    const filling = setInterval(() => void file.write(BLOCK).catch(() => {}), 20);
    const isFull = async () => {
      const { bavail, bsize } = await statfs(mesh.directory);
      return bavail * bsize < BLOCK.length;
    };
    while (!(await isFull())) await file.write(BLOCK).catch(() => {});
    await hold(stage, random.between(1_500, 4_000));
    clearInterval(filling);
    await file.close();
    await rm(ballast);
    say("there is room again");
  },
};

async function hasSmallDisk(directory: string): Promise<boolean> {
  const { blocks, bsize } = await statfs(directory);
  return blocks * bsize <= DISK_MIB * 1024 * 1024;
}

/** A directory on a disk of its own; undefined where that is not allowed. */
export async function mountSmallDisk(
  directory: string,
): Promise<(() => Promise<void>) | undefined> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "tmpfs", directory]);
    return async () => void (await run("umount", [directory]));
  } catch {
    return undefined;
  }
}
