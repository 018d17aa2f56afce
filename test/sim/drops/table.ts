import type { Content, Fields } from "./kinds.js";

/** What makes good a lost frame. */
export interface Repair {
  /** Who repeats, as the table of ARCHITECTURE.md names him. */
  readonly by: "client" | "owner" | "roster" | "link" | "operator" | "nobody";
  /** The frame that is sent again, and where; nothing is when what was lost expires. */
  readonly again?: { readonly hop: string; readonly kind: string };
  /** After the first loss: short enough that nothing else in the scenario can have made it good. */
  readonly withinMs: number;
  /**
   * Some go missing with their connection only: while it holds, nobody repeats them. A link's own control is the
   * connection.
   */
  readonly lost?: "with its link" | "never";
  /** Lost from then on: where there is quiet behind it, so that nothing new makes the repetition needless. */
  readonly fromMs?: number;
  /** Sent now and then anyway: also the first one makes good what was lost. */
  readonly periodic?: true;
}

const client = (kind: string, withinMs = 7_000): Repair => {
  return { by: "client", again: { hop: "device>gateway", kind }, withinMs };
};
const owner = (hop: string, kind: string, withinMs: number): Repair => {
  return { by: "owner", again: { hop, kind }, withinMs };
};
const roster: Repair = {
  by: "roster",
  again: { hop: "gateway>parser", kind: "rosterChunk" },
  withinMs: 20_000,
  periodic: true,
};
const link = (hop: string, kind: string): Repair => {
  return { by: "link", again: { hop, kind }, withinMs: 10_000, lost: "with its link" };
};
const reconnects: Repair = {
  by: "client",
  again: { hop: "gateway>device", kind: "welcome" },
  withinMs: 10_000,
};

const expires: Repair = { by: "nobody", withinMs: 0 };

/** In the scenario there is one message then, and nothing else for a while. */
export const QUIET_MS = 25_500;

/** Each kind of frame, and who repeats it: a kind of the contract that has no row fails the matrix. A lane may have its own. */
const repairs: Readonly<Record<string, Repair>> = {
  send: client("send"),
  sent: client("send"),
  rejected: client("send"),
  conflict: client("send"),
  busy: client("send"),
  outOfOrder: client("send"),
  deliver: owner("session>parser", "deliver", 8_000),
  ack: { ...owner("session>parser", "deliver", 8_000), fromMs: QUIET_MS },
  read: { ...client("read", 32_000), fromMs: QUIET_MS },
  receipt: { ...client("pullReceipts", 65_000), periodic: true },
  pullReceipts: client("pullReceipts", 65_000),
  resync: client("resync", 20_000),
  resume: client("resume"),
  caughtUp: client("resume"),
  bases: client("resume"),
  ackBases: owner("session>parser", "bases", 30_000),
  fetchHistory: client("fetchHistory", 20_000),
  history: client("fetchHistory", 20_000),
  listConversations: client("listConversations", 20_000),
  conversations: client("listConversations", 20_000),
  getMessageInfo: client("getMessageInfo", 20_000),
  messageInfo: client("getMessageInfo", 20_000),
  getLastNumber: client("getLastNumber", 20_000),
  lastNumber: client("getLastNumber", 20_000),
  failed: client("fetchHistory", 20_000),
  ping: client("ping"),
  pong: client("ping"),
  foreground: { ...client("foreground", 12_000), periodic: true },
  background: expires,
  watch: { ...client("watch", 12_000), periodic: true },
  presence: { ...client("watch", 12_000), periodic: true },
  "presence>parser failed": { ...client("watch", 12_000), periodic: true },
  active: expires,
  acted: expires,
  typing: expires,
  peerTyping: expires,
  // The entry comes again, and with it the refusal.
  nack: owner("session>parser", "deliver", 8_000),
  placeholder: owner("session>parser", "placeholder", 8_000),
  replace: { by: "operator", again: { hop: "session>parser", kind: "replace" }, withinMs: 20_000 },
  replaced: { by: "operator", again: { hop: "session>parser", kind: "replace" }, withinMs: 20_000 },
  attach: roster,
  detach: roster,
  stalled: roster,
  notHere: roster,
  rosterChunk: roster,
  roster: roster,
  advance: { ...owner("session>receipts", "advance", 17_000), fromMs: QUIET_MS },
  confirmed: { ...owner("session>receipts", "advance", 17_000), fromMs: QUIET_MS },
  cursorQuery: client("pullReceipts", 65_000),
  cursors: client("pullReceipts", 65_000),
  infoQuery: client("getMessageInfo", 20_000),
  info: client("getMessageInfo", 20_000),
  // The gateway ends the connections at the end of its drain whether they were told or not: they connect anew.
  drain: reconnects,
  draining: reconnects,
  close: roster,
  gatewayLink: link("parser>session", "gatewayLink"),
  rosterWanted: link("parser>gateway", "rosterWanted"),
  control: { ...link("", ""), lost: "never" },
};

/** What the contract allows on a hop and nobody sends there. */
const never: Readonly<Record<string, string>> = {
  "parser>session ping": "the parser answers it",
  "session>parser pong": "the parser answers Ping",
  "session>parser draining": "the parser seals it for the gateway",
};

/** What passes the link to presence, and no other. */
const PRESENCE: ReadonlySet<string> = new Set(["foreground", "background", "watch", "presence"]);

/** Whether nobody sends this kind there, though the contract allows it. */
export function isNever(lane: string): boolean {
  const [hop = "", kind = ""] = lane.split(" ");
  if (kind === "control") return false;
  if (hop === "parser>presence") return !PRESENCE.has(kind) && kind !== "active";
  if (hop === "presence>parser") return !PRESENCE.has(kind) && kind !== "failed";
  if (hop === "parser>session" || hop === "session>parser") {
    if (PRESENCE.has(kind)) return true;
  }
  return never[lane] !== undefined;
}

export function repairOf(lane: string): Repair | undefined {
  return repairs[lane] ?? repairs[lane.split(" ")[1] as string];
}

/** What is sent only because something else was lost. */
export const provoked: Readonly<Record<string, string>> = {
  resync: "gateway>device deliver",
};

/** Names a frame so that its repetition has the same name; one for each connection it goes to. */
export function namesOf(from: string, kind: string, { value, around }: Content): string[] {
  const conversation = String(value.conversation ?? "");
  switch (kind) {
    case "send":
      return [`${value.clientMessageId}`];
    case "deliver": {
      const { seq } = value.entry as { seq: bigint };
      return connectionsOf(around).map((to) => `${conversation} ${seq} ${to}`);
    }
    case "placeholder":
      return connectionsOf(around).map((to) => `${conversation} ${value.seq} ${to}`);
    case "bases":
      return connectionsOf(around);
    case "advance":
      return [`${conversation} ${value.user} ${value.delivered} ${value.read}`];
    case "pullReceipts":
      return (value.conversations as string[]).map((one) => `${from} ${one}`);
    case "watch":
      return [`${from} ${value.user}`];
    case "read":
      return [`${from} ${conversation} ${value.seq}`];
    case "resume":
      return [`${from} ${value.token}`];
    case "rosterChunk":
    case "rosterWanted":
    case "welcome":
      return [from];
    case "gatewayLink":
      return [`${from} ${value.gateway}`];
    default:
      return [`${from} ${conversation}`];
  }
}

function connectionsOf(around: Fields): string[] {
  const targets = (around.targets ?? []) as { gateway: string; connections: bigint[] }[];
  return targets.flatMap(({ gateway, connections }) => connections.map((id) => `${gateway} ${id}`));
}
