import type { KeyValueStore } from "../lib/store/kv.js";
import type { ExpectedChange, GroupRow, GroupStore, Projection } from "./store.js";

/**
 * Every key of the store; values are JSON.
 *   group/<group>              GroupRow
 *   user/<user>/<group>        UserRow
 *   expected/<group>/<request> a change that may have been made (no value)
 */
const keyOf = {
  group: (group: string) => Buffer.from(`group/${group}`),
  user: (user: string, group: string) => Buffer.from(`user/${user}/${group}`),
  expected: (group: string, request: string) => Buffer.from(`expected/${group}/${request}`),
};

/** Number of the layout above; another one for every change of it. */
export const LEVEL_FORMAT = 1;

/** Whether the user is in the group, and since which version that is known. */
interface UserRow {
  readonly version: number;
  readonly in: boolean;
}

const NOTHING = Buffer.alloc(0);
/** Rows of a user's groups read at a time. */
const PAGE = 500;

export function createLevelStore(kv: KeyValueStore): GroupStore {
  // One after the other: the comparison of versions and the write belong together.
  let last: Promise<unknown> = Promise.resolve();
  return {
    expect: (group, request) =>
      kv.write((batch) => batch.put(keyOf.expected(group, request), NOTHING)),

    async expected(limit): Promise<ExpectedChange[]> {
      const range = { gte: Buffer.from("expected/"), lt: Buffer.from("expected0"), limit };
      const pairs = await kv.range(range);
      return pairs.map(([key]) => {
        const [, group = "", request = ""] = key.toString().split("/");
        return { group, request };
      });
    },

    project(projection, request) {
      const done = last.then(() => project(kv, projection, request));
      last = done.catch(() => {});
      return done;
    },

    groupsOf: (user, after, limit) => groupsOf(kv, user, after, limit),

    close: () => kv.close(),
  };
}

async function project(kv: KeyValueStore, projection: Projection, request: string): Promise<void> {
  const { row } = projection;
  const { group, version } = row;
  const wins = async (key: Buffer) => {
    // Version 0: the group never came to be.
    if (version === 0) return false;
    const stored = await kv.get(key);
    return stored === undefined || decode<{ version: number }>(stored).version < version;
  };
  const puts: [Buffer, unknown][] = [];
  if (await wins(keyOf.group(group))) puts.push([keyOf.group(group), row]);
  const users = [
    ...projection.in.map((user) => ({ user, isIn: true })),
    ...projection.out.map((user) => ({ user, isIn: false })),
  ];
  await Promise.all(
    users.map(async ({ user, isIn }) => {
      const key = keyOf.user(user, group);
      const value: UserRow = { version, in: isIn };
      if (await wins(key)) puts.push([key, value]);
    }),
  );
  await kv.write((batch) => {
    for (const [key, value] of puts) batch.put(key, Buffer.from(JSON.stringify(value)));
    batch.del(keyOf.expected(group, request));
  });
}

async function groupsOf(
  kv: KeyValueStore,
  user: string,
  after: string,
  limit: number,
): Promise<GroupRow[]> {
  const found: GroupRow[] = [];
  const prefix = `user/${user}/`;
  const lt = Buffer.from(`user/${user}0`);
  for (let from = after; found.length < limit; ) {
    const range = { gte: Buffer.from(`${prefix}${from}\0`), lt, limit: PAGE };
    if (from === "") range.gte = Buffer.from(prefix);
    const pairs = await kv.range(range);
    const groups = pairs
      .filter(([, value]) => decode<UserRow>(value).in)
      .map(([key]) => key.toString().slice(prefix.length));
    const rows = await Promise.all(groups.map((group) => kv.get(keyOf.group(group))));
    for (const row of rows) if (row !== undefined) found.push(decode<GroupRow>(row));
    if (pairs.length < PAGE) break;
    from = pairs.at(-1)?.[0].toString().slice(prefix.length) ?? "";
  }
  return found.slice(0, limit);
}

function decode<T>(value: Buffer): T {
  return JSON.parse(value.toString()) as T;
}
