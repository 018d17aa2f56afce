import type { KeyValueStore } from "../lib/store/kv.js";
import type { ExpectedChange, GroupRow, GroupStore, Page, Projection } from "./store.js";

/**
 * Every key of the store; values are JSON.
 *   group/<group>              StoredRow
 *   user/<user>/<group>        UserRow
 *   expected/<group>/<request> a change that may have been made (no value)
 *   ring                       names of the instances, the ring by which the rows are placed
 */
const keyOf = {
  group: (group: string) => Buffer.from(`group/${group}`),
  user: (user: string, group: string) => Buffer.from(`user/${user}/${group}`),
  expected: (group: string, request: string) => Buffer.from(`expected/${group}/${request}`),
  ring: Buffer.from("ring"),
};

/** The group's row; what users' rows of lower versions than `whole` say is void. */
interface StoredRow extends GroupRow {
  readonly whole?: number;
}

/** Number of the layout above; another one for every change of it. */
export const LEVEL_FORMAT = 1;

/** Whether the user is in the group, and since which version that is known. */
interface UserRow {
  readonly version: number;
  readonly in: boolean;
}

const NOTHING = Buffer.alloc(0);
/** The request under which a new ring is noted. */
const RING = "ring";
/** Rows read at a time. */
const PAGE = 500;

export function createLevelStore(kv: KeyValueStore): GroupStore {
  // One after the other: the comparison of versions and the write belong together.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (run: () => Promise<void>) => {
    const done = last.then(run);
    last = done.catch(() => {});
    return done;
  };
  return {
    expect: (group, request) =>
      kv.write((batch) => batch.put(keyOf.expected(group, request), NOTHING)),

    async expected(after, limit): Promise<ExpectedChange[]> {
      const gte = after
        ? Buffer.concat([keyOf.expected(after.group, after.request), Buffer.alloc(1)])
        : Buffer.from("expected/");
      const pairs = await kv.range({ gte, lt: Buffer.from("expected0"), limit });
      return pairs.map(([key]) => {
        const [, group = "", request = ""] = key.toString().split("/");
        return { group, request };
      });
    },

    project: (projection, request = "") => inTurn(() => project(kv, projection, request)),

    async versionOf(group) {
      const stored = await kv.get(keyOf.group(group));
      return stored === undefined ? 0 : decode<StoredRow>(stored).version;
    },

    forget: (group, request) =>
      inTurn(() =>
        kv.write((batch) => {
          batch.del(keyOf.group(group));
          batch.del(keyOf.expected(group, request));
        }),
      ),

    async place(ring) {
      const known = await kv.get(keyOf.ring);
      if (known?.toString() === ring) return false;
      const noted = await noteAll(kv);
      await kv.write((batch) => batch.put(keyOf.ring, Buffer.from(ring)));
      return noted;
    },

    groupsOf: (user, page) => groupsOf(kv, user, page),

    close: () => kv.close(),
  };
}

/** Notes every group that has a row; false when there is none. */
async function noteAll(kv: KeyValueStore): Promise<boolean> {
  const lt = Buffer.from("group0");
  let gte = Buffer.from("group/");
  for (let noted = false; ; noted = true) {
    const pairs = await kv.range({ gte, lt, limit: PAGE });
    if (pairs.length === 0) return noted;
    await kv.write((batch) => {
      for (const [key] of pairs) batch.put(keyOf.expected(key.toString().slice(6), RING), NOTHING);
    });
    gte = Buffer.concat([pairs.at(-1)?.[0] ?? gte, Buffer.alloc(1)]);
  }
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
  const stored = await kv.get(keyOf.group(group));
  const known = stored && decode<StoredRow>(stored);
  if (version > (known?.version ?? 0)) {
    const whole = projection.whole ? version : known?.whole;
    puts.push([keyOf.group(group), { ...row, whole } satisfies StoredRow]);
  }
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

async function groupsOf(kv: KeyValueStore, user: string, page: Page): Promise<GroupRow[]> {
  const { after, limit, isKept } = page;
  const found: GroupRow[] = [];
  const prefix = `user/${user}/`;
  const lt = Buffer.from(`user/${user}0`);
  for (let from = after; found.length < limit; ) {
    const range = { gte: Buffer.from(`${prefix}${from}\0`), lt, limit: PAGE };
    if (from === "") range.gte = Buffer.from(prefix);
    const pairs = await kv.range(range);
    const groups = pairs
      .map(([key, value]) => {
        return { group: key.toString().slice(prefix.length), of: decode<UserRow>(value) };
      })
      .filter(({ group, of }) => of.in && isKept(group));
    const rows = await Promise.all(groups.map(({ group }) => kv.get(keyOf.group(group))));
    rows.forEach((value, i) => {
      if (value === undefined) return;
      const { whole = 0, ...row } = decode<StoredRow>(value);
      if ((groups[i]?.of.version ?? 0) >= whole) found.push(row);
    });
    if (pairs.length < PAGE) break;
    from = pairs.at(-1)?.[0].toString().slice(prefix.length) ?? "";
  }
  return found.slice(0, limit);
}

function decode<T>(value: Buffer): T {
  return JSON.parse(value.toString()) as T;
}
