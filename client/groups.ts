import { type Asking, Attempt } from "./attempt.js";
import type { Clock, Random } from "./clock.js";
import type { ChangeKey } from "./errors.js";
import {
  type Caller,
  type ChangeRequest,
  changeGroup,
  type GroupChanged,
  type GroupInfo,
  type GroupItem,
  type GroupPreview,
  type GroupSettings,
  getGroup,
  linkOf,
  listGroups,
  previewGroup,
  readLink,
  settingsJson,
} from "./groups-api.js";
import type { Fetch } from "./http.js";
import { randomText } from "./ids.js";
import { repeating } from "./repeating.js";
import type { TokenKeeper } from "./tokens.js";

interface GroupsDeps {
  tokens: TokenKeeper;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  /** The version of a group this device has seen; 0 when it has seen none. */
  seenVersion(group: string): number;
  /** Keeps the names of members. */
  learn(names: readonly { user: string; name: string }[]): Promise<void>;
}

export interface NewGroup {
  name: string;
  description?: string;
  /** Where they say nothing, everyone may send and admins may add. */
  settings?: Partial<GroupSettings>;
  /** Users besides oneself. */
  members?: readonly string[];
}

/**
 * Groups: every change is made once, however often it takes to get its answer, and comes back as a `group` event to every member.
 * Refusals are ChatErrors with a reason. When no answer came in time an UnansweredError has the key with which it can be asked for again:
 * it is the last argument then, and the others are the same. An app that wants to do so after its own end gives a key at once.
 */
export class Groups {
  /** The versions that own changes came to: their entries may be on their way still. */
  private readonly versions = new Map<string, number>();

  constructor(private readonly deps: GroupsDeps) {}

  /** A key for a change; of a new group when none is given. */
  async newKey(group?: string): Promise<ChangeKey> {
    const requestId = this.deps.random.uuid();
    if (group === undefined) return { group: `gr_${this.random(16)}`, requestId, seenVersion: 0 };
    const known = Math.max(this.deps.seenVersion(group), this.versions.get(group) ?? 0);
    return { group, requestId, seenVersion: known || (await this.get(group)).version };
  }

  /** The id of the new group is that of the key. */
  create(
    { name, description = "", settings, members = [] }: NewGroup,
    key?: ChangeKey,
  ): Promise<GroupChanged> {
    const create = { name, description, members, ...(settings && wrap(settings)) };
    return this.change(undefined, { create }, key);
  }

  rename(group: string, name: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { rename: { name } }, key);
  }

  describe(group: string, description: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { describe: { description } }, key);
  }

  add(group: string, users: readonly string[], key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { add: { users } }, key);
  }

  remove(group: string, users: readonly string[], key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { remove: { users } }, key);
  }

  leave(group: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { leave: {} }, key);
  }

  promote(group: string, user: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { promote: { user } }, key);
  }

  demote(group: string, user: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { demote: { user } }, key);
  }

  transfer(group: string, user: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { transfer: { user } }, key);
  }

  /** What is not given stays as it is. */
  settings(
    group: string,
    settings: Partial<GroupSettings>,
    key?: ChangeKey,
  ): Promise<GroupChanged> {
    return this.change(group, { settings: wrap(settings) }, key);
  }

  /** A new invite link, another one each time; the one before is void. `expiresUnixMs` 0: it does not end. */
  async newLink(group: string, expiresUnixMs = 0): Promise<string> {
    const secret = this.random(26);
    await this.change(group, { setLink: { secret, expiresUnixMs: String(expiresUnixMs) } });
    return linkOf(group, secret);
  }

  revokeLink(group: string, key?: ChangeKey): Promise<GroupChanged> {
    return this.change(group, { revokeLink: {} }, key);
  }

  preview(link: string): Promise<GroupPreview> {
    return this.call((caller) => previewGroup(caller, link));
  }

  async join(link: string, key?: ChangeKey): Promise<GroupChanged> {
    const { group, secret } = readLink(link);
    // The group itself is not shown to one who is not in it yet.
    const latest = async () => (await this.preview(link)).version;
    const requestId = this.deps.random.uuid();
    const first = key ?? { group, requestId, seenVersion: await latest() };
    const open = key !== undefined;
    return this.request({ ...first, group, action: { join: { secret } } }, { open, latest });
  }

  async get(group: string): Promise<GroupInfo> {
    const info = await this.call((caller) => getGroup(caller, group));
    await this.deps.learn(info.members.filter(({ name }) => name !== ""));
    return info;
  }

  list(): Promise<GroupItem[]> {
    return this.call(listGroups);
  }

  private async change(
    group: string | undefined,
    action: Record<string, unknown>,
    key?: ChangeKey,
  ): Promise<GroupChanged> {
    const own = key ?? (await this.newKey(group));
    const request = { ...own, group: group ?? own.group, action };
    const latest = async () => (await this.get(request.group)).version;
    // Who brings a key has asked before, perhaps.
    return this.request(request, { open: key !== undefined, latest });
  }

  /** Repeats the same request while no answer comes: it is made once. */
  private async request(request: ChangeRequest, asking: Asking): Promise<GroupChanged> {
    const attempt = new Attempt(request, asking);
    const changed = await repeating(this.deps.clock, () =>
      attempt.ask((now) => this.call((caller) => changeGroup(caller, now))),
    ).catch((error) => attempt.failed(error));
    this.versions.set(request.group, changed.version);
    return changed;
  }

  private call<T>(run: (caller: Caller) => Promise<T>): Promise<T> {
    const { tokens, fetch } = this.deps;
    const { server } = tokens.account;
    return tokens.authorized((token) => run({ server, fetch, token }));
  }

  private random(length: number): string {
    return randomText(length, () => this.deps.random.uuid());
  }
}

function wrap(settings: Partial<GroupSettings>): { settings: object } {
  return { settings: settingsJson(settings) };
}
