import type { Clock, Random } from "./clock.js";
import { ChatError } from "./errors.js";
import {
  type Caller,
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
  settings?: GroupSettings;
  /** Users besides oneself. */
  members?: readonly string[];
}

/**
 * Groups: every change is made once, however often it takes to get its answer, and comes back as a `group` event to every member.
 * Refusals are ChatErrors with a reason.
 */
export class Groups {
  /** The versions that own changes came to: their entries may be on their way still. */
  private readonly versions = new Map<string, number>();

  constructor(private readonly deps: GroupsDeps) {}

  create({ name, description = "", settings, members = [] }: NewGroup): Promise<GroupChanged> {
    const group = `gr_${this.random(16)}`;
    const create = { name, description, members, ...(settings && wrap(settings)) };
    return this.request(group, { create }, 0);
  }

  rename(group: string, name: string): Promise<GroupChanged> {
    return this.change(group, { rename: { name } });
  }

  describe(group: string, description: string): Promise<GroupChanged> {
    return this.change(group, { describe: { description } });
  }

  add(group: string, users: readonly string[]): Promise<GroupChanged> {
    return this.change(group, { add: { users } });
  }

  remove(group: string, users: readonly string[]): Promise<GroupChanged> {
    return this.change(group, { remove: { users } });
  }

  leave(group: string): Promise<GroupChanged> {
    return this.change(group, { leave: {} });
  }

  promote(group: string, user: string): Promise<GroupChanged> {
    return this.change(group, { promote: { user } });
  }

  demote(group: string, user: string): Promise<GroupChanged> {
    return this.change(group, { demote: { user } });
  }

  transfer(group: string, user: string): Promise<GroupChanged> {
    return this.change(group, { transfer: { user } });
  }

  settings(group: string, settings: GroupSettings): Promise<GroupChanged> {
    return this.change(group, { settings: wrap(settings) });
  }

  /** A new invite link; the one before is void. `expiresUnixMs` 0: it does not end. */
  async newLink(group: string, expiresUnixMs = 0): Promise<string> {
    const secret = this.random(26);
    await this.change(group, { setLink: { secret, expiresUnixMs: String(expiresUnixMs) } });
    return linkOf(group, secret);
  }

  revokeLink(group: string): Promise<GroupChanged> {
    return this.change(group, { revokeLink: {} });
  }

  preview(link: string): Promise<GroupPreview> {
    return this.call((caller) => previewGroup(caller, link));
  }

  async join(link: string): Promise<GroupChanged> {
    const { group, secret } = readLink(link);
    const { version } = await this.preview(link);
    return this.request(group, { join: { secret } }, version);
  }

  async get(group: string): Promise<GroupInfo> {
    const info = await this.call((caller) => getGroup(caller, group));
    await this.deps.learn(info.members.filter(({ name }) => name !== ""));
    return info;
  }

  list(): Promise<GroupItem[]> {
    return this.call(listGroups);
  }

  private async change(group: string, action: Record<string, unknown>): Promise<GroupChanged> {
    const known = Math.max(this.deps.seenVersion(group), this.versions.get(group) ?? 0);
    return this.request(group, action, known || (await this.get(group)).version);
  }

  /** Repeats the same request while no answer comes: it is made once. */
  private async request(
    group: string,
    action: Record<string, unknown>,
    seenVersion: number,
  ): Promise<GroupChanged> {
    const request = { group, requestId: this.deps.random.uuid(), seenVersion, action };
    let asked = 0;
    const changed = await repeating(this.deps.clock, async () => {
      try {
        asked++;
        return await this.call((caller) => changeGroup(caller, request));
      } catch (error) {
        if (asked > 1 || !(error instanceof ChatError) || error.reason !== "STALE") throw error;
        // Nobody can have made it before: only this device did not know how far the group is.
        request.seenVersion = (await this.get(group)).version;
        return this.call((caller) => changeGroup(caller, request));
      }
    });
    this.versions.set(group, changed.version);
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

function wrap(settings: GroupSettings): { settings: object } {
  return { settings: settingsJson(settings) };
}
