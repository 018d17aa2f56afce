import { GroupAudience, type GroupChange, GroupRole } from "../../../gen/chat/client/v1/groups.js";
import type { Entry } from "../../../gen/chat/client/v1/messages.js";
import type { Shown } from "../history.js";

/** From the entry that let somebody in through the one that let him go (0: he is in it), and when those became durable. */
export interface Stay {
  readonly from: number;
  readonly fromMs: number;
  through: number;
  throughMs: number;
}

/** An entry of the log, and when it became durable. */
export interface Logged {
  readonly seq: number;
  readonly sender: string;
  /** The request of a change. */
  readonly id: string;
  /** As devices show it. */
  readonly text: string;
  readonly version: number;
  readonly atMs: number;
}

type Change = NonNullable<GroupChange["kind"]>;

/** The least role that a change needs; to come in by a link takes none. */
const LEAST: Readonly<Partial<Record<Change["$case"], GroupRole>>> = {
  left: GroupRole.MEMBER,
  renamed: GroupRole.ADMIN,
  removed: GroupRole.ADMIN,
  roleChanged: GroupRole.ADMIN,
  settings: GroupRole.ADMIN,
  linkChanged: GroupRole.ADMIN,
  transferred: GroupRole.OWNER,
};

/** How a change is told apart among what devices show. */
export function changeText({ version, kind }: GroupChange): string {
  return `change-${version}-${kind?.$case}`;
}

/** One group as its log tells it, from nothing but the durable entries. */
export class GroupLog {
  /** As it was created. */
  name = "";
  readonly entries: Logged[] = [];
  readonly stays = new Map<string, Stay[]>();
  /** From which entry on who may send, and until when. */
  readonly #speaking = new Map<string, { from: number; untilMs: number }[]>();
  /** When somebody was first told of an entry this high, ascending in both. */
  readonly #told: { seq: number; atMs: number }[] = [];
  readonly #admins = new Set<string>();
  #owner = "";
  #version = 0;
  #adminsSpeak = false;
  #adminsAdd = true;

  constructor(
    readonly id: string,
    readonly wrong: (invariant: string, text: string) => void,
  ) {}

  get users(): Iterable<string> {
    return this.stays.keys();
  }

  get version(): number {
    return this.#version;
  }

  append({ seq, sender, clientMessageId: id, content, change }: Entry, atMs: number): void {
    if (seq <= this.entries.length) return;
    if (seq > this.entries.length + 1) this.wrong("I4 gap", `${this.id} has no ${seq - 1}`);
    const text = change ? changeText(change) : (content?.kind?.value.text ?? "");
    const version = change?.version ?? 0;
    this.entries.push({ seq, sender, id, text, version, atMs });
    if (change) return this.#change(seq, sender, change, atMs);
    if (this.#speaks(sender)) return;
    this.wrong("I9 sender", `${this.id} ${seq} is from ${sender}, who may not send`);
  }

  /** As devices show it. */
  get shown(): Shown[] {
    return this.entries.map(({ id: clientMessageId, ...entry }) => ({ ...entry, clientMessageId }));
  }

  isIn(user: string): boolean {
    return this.stays.get(user)?.at(-1)?.through === 0;
  }

  /** Whether it has members besides this one. */
  hasOthers(user: string): boolean {
    return [...this.users].some((other) => other !== user && this.isIn(other));
  }

  joinedAt(user: string): number {
    return this.stays.get(user)?.at(-1)?.from ?? 0;
  }

  canSee(user: string, seq: number): boolean {
    const stays = this.stays.get(user) ?? [];
    return stays.some(({ from, through }) => seq >= from && (through === 0 || seq <= through));
  }

  /** The last entry up to `seq` that the user may see; 0 when there is none. */
  lastVisible(user: string, seq = this.entries.length): number {
    for (const { from, through } of [...(this.stays.get(user) ?? [])].reverse()) {
      if (seq >= from) return through === 0 ? seq : Math.min(seq, through);
    }
    return 0;
  }

  /** Somebody hears of the entry, and with it of all before. */
  tell(seq: number, atMs: number): void {
    if (seq > (this.#told.at(-1)?.seq ?? 0)) this.#told.push({ seq, atMs });
  }

  /** Whether there was a moment in which the user was not allowed to send; what is durable and known to nobody may not count yet. */
  wasSilent(user: string, fromMs: number, untilMs: number): boolean {
    const speaking = this.#speaking.get(user) ?? [];
    return !speaking.some(({ from, untilMs: end }) => this.#isTold(from, fromMs) && untilMs < end);
  }

  #isTold(seq: number, nowMs: number): boolean {
    const told = this.#told.find((one) => one.seq >= seq);
    return told !== undefined && told.atMs <= nowMs;
  }

  #speaks(user: string): boolean {
    return this.#speaking.get(user)?.at(-1)?.untilMs === Number.POSITIVE_INFINITY;
  }

  #change(seq: number, by: string, change: GroupChange, atMs: number): void {
    const { kind, version } = change;
    const what = `${this.id} ${seq} ${changeText(change)} by ${by}`;
    if (version !== ++this.#version) this.wrong("I4 versions", `${what} comes as ${this.#version}`);
    if (!kind) return this.wrong("I2 content", what);
    if (this.#roleOf(by) < this.#least(kind)) this.wrong("I9 role", what);
    const { come, go } = movesOf(kind, by);
    for (const user of come) {
      if (this.isIn(user)) this.wrong("I9 member", `${what}: ${user} is in it already`);
      const stays = this.stays.get(user) ?? [];
      this.stays.set(user, [...stays, { from: seq, fromMs: atMs, through: 0, throughMs: 0 }]);
    }
    for (const user of go) {
      const stay = this.stays.get(user)?.at(-1);
      if (!stay || stay.through > 0) this.wrong("I9 member", `${what}: ${user} is not in it`);
      else Object.assign(stay, { through: seq, throughMs: atMs });
      this.#admins.delete(user);
    }
    this.#rule(kind, by);
    this.#hush(seq, atMs);
  }

  /** Roles and settings. */
  #rule(kind: Change, by: string): void {
    const admins = this.#admins;
    if (kind.$case === "created") {
      this.name = kind.value.name;
      this.#owner = by;
    }
    if (kind.$case === "left" && this.#owner === by) this.#reign(kind.value.successor);
    if (kind.$case === "transferred") {
      admins.add(this.#owner);
      this.#reign(kind.value.user);
    }
    if (kind.$case === "roleChanged") {
      const { user, role } = kind.value;
      if (role === GroupRole.ADMIN) admins.add(user);
      else admins.delete(user);
    }
    const settings = kind.$case === "created" ? kind.value.settings : undefined;
    const { whoMaySend, whoMayAdd } = (kind.$case === "settings" ? kind.value : settings) ?? {};
    if (whoMaySend !== undefined) this.#adminsSpeak = whoMaySend === GroupAudience.ADMINS;
    if (whoMayAdd !== undefined) this.#adminsAdd = whoMayAdd === GroupAudience.ADMINS;
  }

  #reign(user: string): void {
    this.#owner = user;
    this.#admins.delete(user);
  }

  #least(kind: Change): GroupRole {
    if (kind.$case === "added") return this.#adminsAdd ? GroupRole.ADMIN : GroupRole.MEMBER;
    return LEAST[kind.$case] ?? GroupRole.UNSPECIFIED;
  }

  #roleOf(user: string): GroupRole {
    if (!this.isIn(user)) return GroupRole.UNSPECIFIED;
    if (this.#owner === user) return GroupRole.OWNER;
    return this.#admins.has(user) ? GroupRole.ADMIN : GroupRole.MEMBER;
  }

  /** Who may send from now on, and who no longer. */
  #hush(seq: number, atMs: number): void {
    for (const user of this.users) {
      const may = this.#roleOf(user) >= (this.#adminsSpeak ? GroupRole.ADMIN : GroupRole.MEMBER);
      if (may === this.#speaks(user)) continue;
      const before = this.#speaking.get(user) ?? [];
      const last = before.at(-1);
      if (may) {
        const untilMs = Number.POSITIVE_INFINITY;
        this.#speaking.set(user, [...before, { from: seq, untilMs }]);
      } else if (last) last.untilMs = atMs;
    }
  }
}

/** Whom a change lets in and whom it lets go. */
function movesOf(kind: Change, by: string): { come: readonly string[]; go: readonly string[] } {
  switch (kind.$case) {
    case "created":
      return { come: [by, ...kind.value.members], go: [] };
    case "added":
      return { come: kind.value.users, go: [] };
    case "joined":
      return { come: [by], go: [] };
    case "removed":
      return { come: [], go: kind.value.users };
    case "left":
      return { come: [], go: [by] };
    default:
      return { come: [], go: [] };
  }
}
