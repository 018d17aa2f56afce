import { randomUUID } from "node:crypto";
import { NackReason } from "../../gen/chat/client/v1/delivery.js";
import { FailReason } from "../../gen/chat/client/v1/history.js";
import { RejectReason } from "../../gen/chat/client/v1/messages.js";
import { TypingKind } from "../../gen/chat/client/v1/presence.js";
import { directId, newId } from "../../lib/ids.js";
import { askChange, change } from "../groups.js";
import type { Mesh } from "../mesh.js";
import { attach, call, type Device, register, sendText } from "../people.js";
import type { RawClient } from "../protocol.js";
import { type State, WHO, type Who } from "./rows.js";

const SECRET = "0123456789abcdefghijklmnop";
const EVERYONE = "GROUP_AUDIENCE_EVERYONE";
const ADMINS = "GROUP_AUDIENCE_ADMINS";

/** One person of each role, a friend of all, and a group in one state. */
export class Stage {
  readonly #numbers = new Map<Who, number>();

  private constructor(
    readonly mesh: Mesh,
    readonly state: State,
    readonly people: Readonly<Record<Who | "deputy" | "other" | "friend", Device>>,
    readonly clients: Readonly<Record<Who, RawClient>>,
    /** The group that frames are about. */
    readonly group: string,
  ) {}

  static async set(mesh: Mesh, state: State): Promise<Stage> {
    const names = [...WHO, "deputy", "other", "friend"] as const;
    const found = await Promise.all(names.map((name) => register(mesh, name)));
    const people = Object.fromEntries(names.map((name, i) => [name, found[i]])) as Stage["people"];
    const group = await makeGroup(mesh, state, people);
    const clients = await Promise.all(WHO.map((who) => attach(mesh, people[who])));
    const of = Object.fromEntries(WHO.map((who, i) => [who, clients[i]])) as Stage["clients"];
    for (const who of WHO) {
      const conversation = directId(people[who].user, people.friend.user);
      sendText(of[who], { conversation, number: 1, text: "a fence" });
      await of[who].expect("sent", (sent) => sent.conversation === conversation);
    }
    return new Stage(mesh, state, people, of, group);
  }

  /** Sends the frame and gives what comes of it. */
  async frame(name: string, who: Who): Promise<string> {
    const client = this.clients[who];
    const conversation = this.group;
    switch (name) {
      case "send":
        return this.#send(client, who);
      case "ack":
        client.send("ack", { conversation, seq: 1 });
        return (await this.#heard(client, who)) ? "something" : "silence";
      case "nack":
        client.send("nack", { conversation, seq: 1, reason: NackReason.APPLICATION });
        return (await this.#heard(client, who)) ? "something" : "silence";
      case "replaced":
        client.send("replaced", { conversation, seq: 1 });
        return (await this.#heard(client, who)) ? "something" : "silence";
      case "typing":
        return this.#typing(client, who);
      case "read":
        client.send("read", { conversation, seq: 1, automatic: false });
        return this.#read(client, who);
      case "resync":
        return this.#resync(client, who);
      case "pull_receipts":
        return (await this.#heard(client, who, [conversation])) ? "a receipt" : "silence";
      case "fetch_history":
        client.send("fetchHistory", { request: 3, conversation, before: 0, limit: 100 });
        return this.#answer(client);
      case "get_message_info":
        client.send("getMessageInfo", { request: 3, conversation, seq: 1 });
        return this.#answer(client);
      case "get_last_number":
        client.send("getLastNumber", { request: 3, conversation });
        return this.#answer(client);
      default:
        throw new Error(`nobody has said how to send ${name}`);
    }
  }

  async rpc(name: string, who: Who): Promise<string> {
    const { mesh, group } = this;
    const { accessToken } = this.people[who];
    const ask = async (path: string, body: object) => {
      const answer = await call<Record<string, unknown>>(mesh, `groups/${path}`, body, accessToken);
      return answer.status === 200 ? answer.body : String(answer.body.reason);
    };
    if (name === "changeGroup") {
      return String(await ask("change", { group, requestId: randomUUID(), seenVersion: "0" }));
    }
    if (name === "previewGroup") {
      const answer = await ask("preview", { group, secret: SECRET });
      return typeof answer === "string" ? answer : "a name";
    }
    if (name === "listGroups") {
      const answer = JSON.stringify(await ask("list", {}));
      return answer.includes(group) ? "named" : "not named";
    }
    const answer = await ask("get", { group });
    if (typeof answer === "string") return answer;
    const { link } = (answer.group ?? {}) as { link?: unknown };
    return link === undefined ? "the group" : "the group, link";
  }

  /** Does it in a group of its own. */
  async action(name: string, who: Who): Promise<string> {
    const { mesh, people } = this;
    const group = await makeGroup(mesh, this.state, people);
    const settings = { whoMaySend: EVERYONE, whoMayAdd: ADMINS };
    const actions: Record<string, object> = {
      create: { name: "mine" },
      rename: { name: "other" },
      describe: { description: "other" },
      add: { users: [people.friend.user] },
      remove: { users: [people.other.user] },
      leave: {},
      promote: { user: people.other.user },
      demote: { user: people.deputy.user },
      transfer: { user: people.other.user },
      settings: { settings },
      setLink: { secret: SECRET, expiresUnixMs: "0" },
      revokeLink: {},
      join: { secret: SECRET },
    };
    const { changed, refused } = await askChange(mesh, people[who], group, {
      [name]: actions[name],
    });
    return changed ? "changed" : String(refused?.reason).replace("REFUSE_REASON_", "");
  }

  async #send(client: RawClient, who: Who): Promise<string> {
    const number = (this.#numbers.get(who) ?? 0) + 1;
    sendText(client, { conversation: this.group, number, text: "x" });
    const frame = await client.firstOf(
      20_000,
      ({ $case }) => $case === "sent" || $case === "rejected",
    );
    if (frame?.$case !== "rejected" || !frame.value.free) this.#numbers.set(who, number);
    if (frame?.$case !== "rejected") return String(frame?.$case);
    const reason = RejectReason[frame.value.reason];
    return frame.value.free ? `${reason}, free` : `${reason} for good`;
  }

  /** Whether another member is told. */
  async #typing(client: RawClient, who: Who): Promise<string> {
    const other = who === "member" ? "owner" : "member";
    const observer = this.clients[other];
    const from = observer.received.length;
    client.send("typing", { conversation: this.group, kind: TypingKind.TEXT });
    await this.#heard(client, who);
    await this.#heard(observer, other);
    const told = observer.received.slice(from).some(({ $case, value }) => {
      return $case === "peerTyping" && value.user === this.people[who].user;
    });
    return told ? "told" : "silence";
  }

  /** The reader's position is stored before he sees it: asks until it is there, or nothing is. */
  async #read(client: RawClient, who: Who): Promise<string> {
    for (;;) {
      const receipt = await this.#heard(client, who, [this.group]);
      if (receipt === undefined) return "silence";
      if (receipt.ownRead === 1) return "his position";
    }
  }

  async #resync(client: RawClient, who: Who): Promise<string> {
    const from = client.received.length;
    client.send("resync", { conversation: this.group, last: 0 });
    await this.#heard(client, who);
    const seqs = client.received.slice(from).flatMap((frame) => {
      if (frame.$case !== "deliver" || frame.value.conversation !== this.group) return [];
      return [frame.value.entry?.seq ?? 0];
    });
    return this.#reach(seqs);
  }

  /** An answer to a question about the group. */
  async #answer(client: RawClient): Promise<string> {
    const kinds = ["history", "messageInfo", "lastNumber", "failed"];
    const frame = await client.firstOf(20_000, (kind) => {
      return kinds.includes(kind.$case) && "request" in kind.value && kind.value.request === 3;
    });
    if (frame?.$case === "failed") return String(FailReason[frame.value.reason]);
    if (frame?.$case === "messageInfo") return "who has it";
    if (frame?.$case === "lastNumber") return "a number";
    return frame?.$case === "history" ? this.#reach(frame.value.entries.map(({ seq }) => seq)) : "";
  }

  /** Those who left did so after the third entry; more came behind that. */
  #reach(seqs: readonly number[]): string {
    const last = Math.max(0, ...seqs);
    if (last === 0) return "silence";
    return last > LEFT_AT && this.state !== "empty"
      ? "entries to the head"
      : "entries to where he left";
  }

  /**
   * Whether anything about the group comes before the answer to a question that is asked behind it: a receipt of the group, or anything
   * else but what others do there.
   */
  async #heard(client: RawClient, who: Who, also: readonly string[] = []) {
    const fence = directId(this.people[who].user, this.people.friend.user);
    client.send("pullReceipts", { conversations: [...also, fence] });
    for (;;) {
      const frame = await client.firstOf(20_000, ({ $case }) => $case === "receipt");
      if (frame?.$case !== "receipt" || frame.value.conversation === fence) return undefined;
      if (also.length === 0) continue;
      await client.expect("receipt", ({ conversation }) => conversation === fence);
      return frame.value;
    }
  }
}

/** The seq of the entry by which the former member left. */
const LEFT_AT = 3;

async function makeGroup(mesh: Mesh, state: State, people: Stage["people"]): Promise<string> {
  const group = newId("gr");
  if (state === "absent") return group;
  const { owner, admin, member, former, deputy, other } = people;
  const users = [admin, member, former, deputy, other].map(({ user }) => user);
  await change(mesh, owner, group, { create: { name: "stage", members: users } });
  await change(mesh, owner, group, { promote: { user: admin.user } });
  await change(mesh, former, group, { leave: {} });
  await change(mesh, owner, group, { promote: { user: deputy.user } });
  await change(mesh, owner, group, { setLink: { secret: SECRET, expiresUnixMs: "0" } });
  if (state === "quiet") {
    const settings = { whoMaySend: ADMINS, whoMayAdd: ADMINS };
    await change(mesh, owner, group, { settings: { settings } });
  }
  if (state === "empty") {
    for (const one of [owner, admin, member, deputy, other]) {
      await change(mesh, one, group, { leave: {} });
    }
  }
  return group;
}
