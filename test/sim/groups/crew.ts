import { ChatError } from "../../../client/errors.js";
import type { Groups } from "../../../client/groups.js";
import type { GroupChanged } from "../../../client/groups-api.js";
import { limits } from "../../../lib/limits.js";
import type { Device } from "../device.js";
import type { Act, GroupWish } from "../plan.js";
import type { GroupLog } from "./group-log.js";
import type { GroupLogs } from "./group-logs.js";

/** What a change may be answered with, when it is not made. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...["NOT_FOUND", "NOT_A_MEMBER", "NOT_ALLOWED", "GONE", "ALREADY", "STALE", "INVITE_ONLY"],
  // Nobody could be reached, too many changes waited for that, or the device was logged out meanwhile.
  ...["BUSY", "RATE_LIMITED", "UNREACHABLE", "UNAUTHENTICATED"],
]);

/** Who comes and goes more often loses the oldest of his intervals: nobody does. */
const STAYS_MAX = limits.memberIntervalsMax - 1;

interface Deps {
  readonly logs: GroupLogs;
  readonly users: readonly string[];
  readonly wrong: (invariant: string, text: string) => void;
  readonly note: (text: string) => void;
}

/** Does what users do with groups, and looks at the answers. */
export class Crew {
  /** The newest link of each group. */
  readonly #links = new Map<number, string>();
  /** The apps that ask for a change, each with what it is about: with an app ends its asking. */
  readonly #asking = new Map<Promise<unknown>, { process: Device["process"]; what: string }>();

  constructor(readonly deps: Deps) {}

  perform(act: Extract<Act, { kind: "group send" | "group change" }>, device: Device): void {
    const log = this.#find(act.group);
    if (act.kind === "group send") {
      if (log) device.send(log.id, act.size);
      return;
    }
    const { users, wrong, note } = this.deps;
    const { kind } = act.wish;
    // Nobody names himself: the client would be told that this is no such change.
    const them = act.wish.users
      .map((user) => users[user] as string)
      .filter((user) => user !== device.user);
    if (them.length === 0 && act.wish.users.length > 0) return;
    device.inGroups((groups) => {
      const asked = `${device.name} wants in group ${act.group}: ${kind}`;
      const by = device.user;
      const changing = this.#wish(groups, kind, { index: act.group, log, by, them, device });
      if (!changing) return;
      note(`${asked} ${them.join(" ")}`);
      this.#ask(changing, device);
      changing.then(
        (changed) => this.#made(device, changed),
        (error) => {
          const reason = error instanceof ChatError ? error.reason : String(error);
          note(`${asked}: ${reason}`);
          if (!REFUSALS.has(reason)) wrong("I13 outcome", `${asked}: ${reason} ${error.message}`);
        },
      );
    });
  }

  /** What is still asked for: it is made as soon as it can be. */
  waiting(): string | undefined {
    for (const { process, what } of this.#asking.values()) if (process?.alive) return what;
    return undefined;
  }

  #ask(changing: Promise<unknown>, { name, process }: Device): void {
    this.#asking.set(changing, { process, what: `${name} waits for its change of a group` });
    const answered = () => void this.#asking.delete(changing);
    changing.then(answered, answered);
  }

  /** I7, I10: what is said to be made is in the log, as this user's change, once. */
  #made({ user, name }: Device, { group, seq, version }: GroupChanged): void {
    this.deps.logs.tell(group, seq);
    const log = this.deps.logs.of(group);
    const entry = log?.entries[seq - 1];
    const what = `${name} was told that ${group} has version ${version} at ${seq}`;
    if (entry?.version !== version || entry.sender !== user) this.deps.wrong("I7 durable", what);
    const same = log?.entries.filter(({ id, sender }) => id === entry?.id && sender === user) ?? [];
    if (same.length > 1) this.deps.wrong("I10 once", `${what}, and at ${same.at(-1)?.seq}`);
  }

  #wish(
    groups: Groups,
    kind: GroupWish["kind"],
    { index, log, by, them, device }: Circumstances,
  ): Promise<GroupChanged> | undefined {
    const [first = ""] = them;
    if (kind === "create") return groups.create({ name: nameOf(index), members: them });
    if (!log) return undefined;
    const { id } = log;
    switch (kind) {
      case "add": {
        const welcome = them.filter((user) => mayCome(log, user));
        return welcome.length > 0 ? groups.add(id, welcome) : undefined;
      }
      case "remove":
        return groups.remove(id, them);
      case "leave":
        return groups.leave(id);
      case "promote":
        return groups.promote(id, first);
      case "demote":
        return groups.demote(id, first);
      case "transfer":
        return groups.transfer(id, first);
      case "rename":
        return groups.rename(id, `${nameOf(index)} ${log.version}`);
      case "admins speak":
        return groups.settings(id, { whoMaySend: "admins", whoMayAdd: "admins" });
      case "all speak":
        return groups.settings(id, { whoMaySend: "everyone", whoMayAdd: "everyone" });
      case "link":
        this.#ask(
          groups.newLink(id).then((link) => this.#links.set(index, link)),
          device,
        );
        return undefined;
      case "join": {
        const link = this.#links.get(index);
        return link && mayCome(log, by) ? groups.join(link) : undefined;
      }
    }
  }

  #find(index: number): GroupLog | undefined {
    const logs = [...this.deps.logs.all.values()];
    return logs.find(({ name }) => name === nameOf(index));
  }
}

interface Circumstances {
  readonly index: number;
  readonly log: GroupLog | undefined;
  readonly by: string;
  readonly them: readonly string[];
  readonly device: Device;
}

function mayCome(log: GroupLog, user: string): boolean {
  return (log.stays.get(user)?.length ?? 0) < STAYS_MAX;
}

function nameOf(index: number): string {
  return `group ${index}`;
}
