/**
 * What the group service keeps: who is in which group, and what lists show of a group. All of it follows from the rows of the conversations
 * and is written after them. A promise that resolves means: durable. One that rejects means: not known, and a repeat is safe.
 */
export interface GroupStore {
  /** Notes that the group is about to change by this request: until `project` has been called with it, its rows may be old. */
  expect(group: string, request: string): Promise<void>;

  /** The changes noted and not yet projected, in one order always: up to `limit` of those behind `after`. */
  expected(after: ExpectedChange | undefined, limit: number): Promise<ExpectedChange[]>;

  /**
   * Writes the rows of a group and drops the note. Of two projections the one of the higher version stays, in the
   * group's row and in each user's; a lower one only drops its note. What is known of users from before the last whole
   * projection counts no more.
   */
  project(projection: Projection, request?: string): Promise<void>;

  /** The version of the group's row; 0 when there is none. */
  versionOf(group: string): Promise<number>;

  /** Drops the group's row and the note: another instance keeps them. */
  forget(group: string, request: string): Promise<void>;

  /**
   * Remembers the ring by which groups are divided. When it was another one, every group with a row is noted first: true when
   * there are some.
   */
  place(ring: string): Promise<boolean>;

  /** The groups that the user is in, ascending by id, as the page says. */
  groupsOf(user: string, page: Page): Promise<GroupRow[]>;

  close(): Promise<void>;
}

/** Groups with ids above `after`, up to `limit` of those that `isKept` is true for. */
export interface Page {
  readonly after: string;
  readonly limit: number;
  readonly isKept: (group: string) => boolean;
}

export interface ExpectedChange {
  readonly group: string;
  /** Also of a ring: `ring`. */
  readonly request: string;
}

/** What lists show of a group. */
export interface GroupRow {
  readonly group: string;
  readonly version: number;
  readonly name: string;
  readonly members: number;
  readonly owner: string;
  readonly admins: readonly string[];
}

/** A group's row, and whom it is told of. */
export interface Projection {
  readonly row: GroupRow;
  /** It tells of all who are or were members, and not only of what changed since the version before. */
  readonly whole: boolean;
  /** Users who are members at this version. */
  readonly in: readonly string[];
  /** Users who are none. */
  readonly out: readonly string[];
}
