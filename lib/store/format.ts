import { type KeyValueStore, StoreError } from "./kv.js";
import { type LevelDeps, openLevel } from "./level.js";

/** Below all keys of the services. */
const KEY = Buffer.from("\0format", "latin1");

/** Stores written before formats were numbered have this one. */
const UNNUMBERED = 1;

/** Opens a store of this format for whoever serves from it; closes it when that cannot be done. */
export async function serveFrom<T>(
  deps: LevelDeps,
  format: number,
  serve: (kv: KeyValueStore) => Promise<T>,
): Promise<T> {
  const kv = await openLevel(deps);
  try {
    await requireFormat(kv, format, deps.directory);
    return await serve(kv);
  } catch (error) {
    await kv.close();
    throw error;
  }
}

/** A store whose rows have another layout must not be read as if they had this one. */
export async function requireFormat(
  kv: KeyValueStore,
  format: number,
  directory: string,
): Promise<void> {
  const stored = await kv.get(KEY);
  if (stored === undefined && (await isEmpty(kv))) {
    return kv.write((batch) => batch.put(KEY, Buffer.of(format)));
  }
  const found = stored?.[0] ?? UNNUMBERED;
  if (found === format) return;
  throw new StoreError(
    "corrupt",
    `The store in ${directory} has format ${found}, this program reads format ${format}: they are of ` +
      "different versions. Use the version that wrote it, or give this one an empty directory.",
  );
}

async function isEmpty(kv: KeyValueStore): Promise<boolean> {
  const all = { gte: Buffer.of(0), lt: Buffer.of(0xff), limit: 1 };
  return (await kv.range(all)).length === 0;
}
