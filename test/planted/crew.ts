import { randomUUID } from "node:crypto";
import type { GroupChanged, GroupEvent } from "../../client/node.js";

import { changeBody } from "../history/events.js";
import { noteMembers } from "../history/group-members.js";
import { call, register } from "../people.js";
import { askSession } from "../session-client.js";
import type { Cast } from "./cast.js";
import type { Player } from "./player.js";
import { Thread } from "./thread.js";

/** Three people in a group, a device each; Alice owns it and sees all of its changes. */
export class Crew {
  readonly #changes: GroupEvent[] = [];

  private constructor(
    readonly cast: Cast,
    readonly players: readonly [alice: Player, bob: Player, cat: Player],
    readonly group: string,
  ) {}

  /** They come, Alice makes the group, and each of them has said something. */
  static async gather(cast: Cast): Promise<Crew> {
    const enter = (name: string) => cast.enter(name, { account: name, path: "register" });
    const players = [await enter("alice"), await enter("bob"), await enter("cat")] as const;
    const [alice, ...others] = players;
    const changes: GroupEvent[] = [];
    alice.client.on("group", (event) => changes.push(event));
    // Who is a member is known only when all is over.
    cast.patience.isBlind = true;
    const members = others.map(({ user }) => user);
    const create = () => alice.client.groups.create({ name: "crew", members });
    const { group } = await alice.recorded.change(changeBody("created"), create);
    const crew = new Crew(cast, players, group);
    crew.#changes.push(...changes);
    alice.client.on("group", (event) => crew.#changes.push(event));
    cast.crew = crew;
    await cast.patience.until(() => players.every((player) => player.last(group) > 0));
    return crew;
  }

  /** The group's conversation, as far as these of its members are concerned. */
  of(...players: readonly Player[]): Thread {
    return new Thread(this.group, players, players, this.cast.patience);
  }

  /** All of them say something, have all and know of each other. */
  rest(): Promise<void> {
    return this.of(...this.players).rest();
  }

  remove(one: Player): Promise<GroupChanged> {
    const [{ recorded }] = this.players;
    const users = [one.user];
    const remove = () => recorded.client.groups.remove(this.group, users);
    return recorded.change(changeBody("removed"), remove);
  }

  add(user: string): Promise<GroupChanged> {
    const [{ recorded }] = this.players;
    const add = () => recorded.client.groups.add(this.group, [user]);
    return recorded.change(changeBody("added"), add);
  }

  /** Adds somebody who never comes. */
  async addStranger(): Promise<void> {
    const { user } = await register(this.cast.mesh, "stranger");
    await this.add(user);
  }

  /** Alice changes the settings; the answer is lost on its way, so she asks once more. */
  async changeTwice(): Promise<void> {
    const { group, cast } = this;
    const [{ client, user }] = this.players;
    const id = randomUUID();
    const body = changeBody("settings");
    cast.recorder.note({ type: "change", conversation: group, user, id, body });
    const seenVersion = `${(await client.groups.get(group)).version}`;
    const { account } = await this.players[0].store.load();
    const settings = { whoMaySend: "GROUP_AUDIENCE_EVERYONE", whoMayAdd: "GROUP_AUDIENCE_ADMINS" };
    const request = { group, requestId: id, seenVersion, settings: { settings } };
    for (let asked = 1; asked <= 2; asked++) {
      await call(cast.mesh, "groups/change", request, account?.accessToken);
    }
  }

  /** Another instance of group, which has missed the last change, proposes one that Alice has not asked for. */
  async proposeOutdated(): Promise<void> {
    const [{ user, client }] = this.players;
    const { version } = await client.groups.get(this.group);
    await askSession(this.cast.mesh, (session) =>
      session.proposeChange({
        conversation: this.group,
        user,
        requestId: randomUUID(),
        fingerprint: 1,
        seenVersion: version,
        expectedVersion: version - 1,
        change: { version, kind: { $case: "renamed", value: { name: "outdated" } } },
        add: [],
        remove: [],
        restricted: false,
        senders: [],
        state: Buffer.alloc(0),
      }),
    );
  }

  noteMembers(): void {
    noteMembers(this.cast.recorder, this.group, this.#changes);
  }
}
