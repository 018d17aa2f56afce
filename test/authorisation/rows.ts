/** The rows of the matrix: what each role gets, in each state of the group. */

export const WHO = ["owner", "admin", "member", "former", "stranger"] as const;
export type Who = (typeof WHO)[number];

/**
 * `active`: everyone may send. `quiet`: only admins and the owner may. `empty`: everybody has left, whatever he was before. `absent`: there is
 * no such group.
 */
export const STATES = ["active", "quiet", "empty", "absent"] as const;
export type State = (typeof STATES)[number];

export type Cell = string;
type Cells = Readonly<Record<Who, Cell>>;
export type Row = Readonly<Record<State, Cells | "not about a group">>;

/** In the order of WHO. */
function cells(...of: [Cell, Cell, Cell, Cell, Cell]): Cells {
  const [owner, admin, member, former, stranger] = of;
  return { owner, admin, member, former, stranger };
}

const all = (cell: Cell): Cells => cells(cell, cell, cell, cell, cell);
/** Who left keeps what he could see, who never was a member gets what he would get without the group. */
const left = (his: Cell, stranger: Cell): Cells => cells(his, his, his, his, stranger);
const NOT_ABOUT: Row = {
  active: "not about a group",
  quiet: "not about a group",
  empty: "not about a group",
  absent: "not about a group",
};

const members = (his: Cell, former: Cell, nothing: Cell): Row => ({
  active: cells(his, his, his, former, nothing),
  quiet: cells(his, his, his, former, nothing),
  empty: left(former, nothing),
  absent: all(nothing),
});

/** Frames of clients, by arm of ClientFrame. */
export const FRAMES: Readonly<Record<string, Row>> = {
  ping: NOT_ABOUT,
  resume: NOT_ABOUT,
  ack_bases: NOT_ABOUT,
  list_conversations: NOT_ABOUT,
  foreground: NOT_ABOUT,
  background: NOT_ABOUT,
  watch: NOT_ABOUT,
  send: {
    active: cells("sent", "sent", "sent", "NOT_A_MEMBER for good", "NOT_FOUND, free"),
    quiet: cells(
      "sent",
      "sent",
      "NOT_ALLOWED for good",
      "NOT_A_MEMBER for good",
      "NOT_FOUND, free",
    ),
    empty: left("NOT_A_MEMBER for good", "NOT_FOUND, free"),
    absent: all("NOT_FOUND, free"),
  },
  ack: {
    active: all("silence"),
    quiet: all("silence"),
    empty: all("silence"),
    absent: all("silence"),
  },
  // Of an entry that he has acknowledged, or may not see: no entry comes of it, and nothing is parked.
  nack: {
    active: all("silence"),
    quiet: all("silence"),
    empty: all("silence"),
    absent: all("silence"),
  },
  // Of an entry that is not parked.
  replaced: {
    active: all("silence"),
    quiet: all("silence"),
    empty: all("silence"),
    absent: all("silence"),
  },
  typing: {
    active: cells("told", "told", "told", "silence", "silence"),
    quiet: cells("told", "told", "silence", "silence", "silence"),
    empty: all("silence"),
    absent: all("silence"),
  },
  read: members("his position", "his position", "silence"),
  resync: members("entries to the head", "entries to where he left", "silence"),
  pull_receipts: members("a receipt", "a receipt", "silence"),
  fetch_history: members("entries to the head", "entries to where he left", "NOT_FOUND"),
  // The first entry is the owner's.
  get_message_info: {
    active: cells("who has it", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"),
    quiet: cells("who has it", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"),
    empty: all("NOT_FOUND"),
    absent: all("NOT_FOUND"),
  },
  get_last_number: members("a number", "a number", "NOT_FOUND"),
};

const GET = members("the group", "NOT_FOUND", "NOT_FOUND");

/** RPCs of chat.group.v1.Groups. */
export const RPCS: Readonly<Record<string, Row>> = {
  // What it does is in ACTIONS; this is one that names nothing to do.
  changeGroup: {
    active: all("INVALID"),
    quiet: all("INVALID"),
    empty: all("INVALID"),
    absent: all("INVALID"),
  },
  getGroup: {
    active: cells("the group, link", "the group, link", "the group", "NOT_FOUND", "NOT_FOUND"),
    quiet: cells("the group, link", "the group, link", "the group", "NOT_FOUND", "NOT_FOUND"),
    empty: GET.empty,
    absent: GET.absent,
  },
  listGroups: members("named", "not named", "not named"),
  // Whoever has the link may.
  previewGroup: {
    active: all("a name"),
    quiet: all("a name"),
    empty: all("NOT_FOUND"),
    absent: all("NOT_FOUND"),
  },
};

/** An action for members of this role, by what it gives to owner, admin and member. */
function action(owner: Cell, admin: Cell, member: Cell): Row {
  const there = cells(owner, admin, member, "NOT_A_MEMBER", "NOT_FOUND");
  return {
    active: there,
    quiet: there,
    empty: left("GONE", "NOT_FOUND"),
    absent: all("NOT_FOUND"),
  };
}

const ADMINS = action("changed", "changed", "NOT_ALLOWED");
const JOINED = cells("ALREADY", "ALREADY", "ALREADY", "changed", "changed");

/** Actions of ChangeGroupRequest; targets are an ordinary member, or an outsider to be added. */
export const ACTIONS: Readonly<Record<string, Row>> = {
  create: {
    active: all("CONFLICT"),
    quiet: all("CONFLICT"),
    empty: all("CONFLICT"),
    absent: all("changed"),
  },
  rename: ADMINS,
  describe: ADMINS,
  add: ADMINS,
  remove: ADMINS,
  leave: action("changed", "changed", "changed"),
  promote: ADMINS,
  // Of another admin.
  demote: action("changed", "NOT_ALLOWED", "NOT_ALLOWED"),
  transfer: action("changed", "NOT_ALLOWED", "NOT_ALLOWED"),
  settings: ADMINS,
  setLink: ADMINS,
  revokeLink: ADMINS,
  // With the right secret.
  join: { active: JOINED, quiet: JOINED, empty: all("GONE"), absent: all("NOT_FOUND") },
};
