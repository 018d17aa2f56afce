/**
 * What the group service keeps: who is in which group, and what lists show of a group. All of it follows from the rows of the conversations
 * and is written after them. A promise that resolves means: durable. One that rejects means: not known, and a repeat is safe.
 */
export interface GroupStore {
  /** Notes that the group is about to change by this request: until `project` has been called with it, its rows may be old. */
  expect(group: string, request: string): Promise<void>;

  /** The changes noted and not yet projected, up to `limit` of them. */
  expected(limit: number): Promise<ExpectedChange[]>;

  /**
   * Writes the rows of a group and drops the note. Of two projections the one of the higher version stays, in the
   * group's row and in each user's; a lower one only drops its note.
   */
  project(projection: Projection, request: string): Promise<void>;

  /** The groups with ids above `after` that the user is in, ascending, up to `limit`. */
  groupsOf(user: string, after: string, limit: number): Promise<GroupRow[]>;

  close(): Promise<void>;
}

export interface ExpectedChange {
  readonly group: string;
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
  /** Users who are members at this version. */
  readonly in: readonly string[];
  /** Users who are none. */
  readonly out: readonly string[];
}
