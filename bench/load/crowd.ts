import { Content } from "../../gen/chat/client/v1/messages.js";
import { newId } from "../../lib/ids.js";
import { change } from "../../test/groups.js";
import type { Mesh } from "../../test/mesh.js";
import { askSession } from "../../test/session-client.js";
import { until } from "../../test/until.js";
import type { LoadAccount } from "./accounts.js";
import { ChatDevice, connectAll, type DeviceCounts, noDeviceCounts } from "./chat-device.js";
import type { Installation } from "./installation.js";
import { content } from "./subject.js";

export interface CrowdSize {
  readonly readers: number;
  /** Readers that are flooded together, and how often that is done, each time with others. */
  readonly flooded: number;
  readonly floods: number;
}

const AT_ONCE = 50;
/** Groups over which a reader is flooded; each has one window under way to him. */
const CHANNELS = 3;
/** One window of a device in one conversation, less the entry that made the group. */
const FLOOD_MESSAGES = 63;
/** The longest text there may be. */
const FLOOD_TEXT_BYTES = 32 * 1024;
export const floodBytes = CHANNELS * FLOOD_MESSAGES * FLOOD_TEXT_BYTES;
const FLOOD_MS = 120_000;
const READ_MS = 120_000;

const longest = Buffer.from(
  Content.encode({
    kind: { $case: "text", value: { text: "x".repeat(FLOOD_TEXT_BYTES) } },
  }).finish(),
);

/** Readers in one group with an author; they can stop reading, and be sent more than fits between him and them. */
export class Crowd {
  readonly #counts: DeviceCounts = noDeviceCounts();
  readonly #written: DeviceCounts = noDeviceCounts();
  readonly #author: ChatDevice;
  readonly #readers: readonly ChatDevice[];
  readonly #accounts: readonly LoadAccount[];
  #group = "";
  #channels: string[][] = [];
  #flooded = 0;
  /** Entries that the readers are to have got in the end, together. */
  #expected = 0;
  #isPaused = false;
  /** Messages to all since nobody reads. */
  #unread = 0;
  #broken = "";

  /** Its author and its readers are the first accounts. */
  constructor(
    readonly installation: Installation,
    readonly size: CrowdSize,
  ) {
    const [author, ...accounts] = installation.accounts.slice(0, 1 + size.readers);
    this.#accounts = accounts;
    this.#author = new ChatDevice(installation.user(author as LoadAccount), this.#written);
    this.#readers = accounts.map((account) => {
      const reader = new ChatDevice(installation.user(account), this.#counts);
      reader.onBroken = (why) => {
        this.#broken = why;
      };
      return reader;
    });
  }

  /** Connects all and makes the groups. */
  async gather(): Promise<void> {
    await connectAll([this.#author, ...this.#readers], AT_ONCE);
    this.#group = await this.#newGroup(this.#accounts);
    for (let flood = 0; flood < this.size.floods; flood++) {
      const members = this.#part(flood);
      const channels = [];
      for (let n = 0; n < CHANNELS; n++) channels.push(await this.#newGroup(members));
      this.#channels.push(channels);
    }
    await this.haveAll();
  }

  async #newGroup(members: readonly LoadAccount[]): Promise<string> {
    const { mesh, accounts } = this.installation;
    const group = newId("gr");
    const create = { name: "a crowd", members: members.map(({ user }) => user) };
    await change(mesh, accounts[0] as LoadAccount, group, { create });
    this.#expected += members.length;
    return group;
  }

  #part(flood: number): readonly LoadAccount[] {
    const { flooded } = this.size;
    return this.#accounts.slice(flood * flooded, (flood + 1) * flooded);
  }

  /** One message to all. */
  write(): void {
    this.#author.sendTo(this.#group, content);
    this.#expected += this.size.readers;
    if (this.#isPaused) this.#unread++;
  }

  pause(): void {
    this.#isPaused = true;
    for (const reader of this.#readers) reader.pause();
  }

  /** All read on, some at a time; resolves when everybody has everything. */
  async resume(): Promise<void> {
    const { flooded, floods } = this.size;
    const each = CHANNELS * FLOOD_MESSAGES;
    for (let first = 0; first < this.#readers.length; first += flooded) {
      const some = this.#readers.slice(first, first + flooded);
      const missed = this.#unread + (first < flooded * floods ? each : 0);
      const goal = this.#counts.delivered + some.length * missed;
      for (const reader of some) reader.resume();
      const have = () => this.#counts.delivered >= goal || this.#broken !== "";
      await until("readers to have what they had missed", have, READ_MS);
    }
    await this.haveAll();
  }

  /** Writes as much as all floods do, where nobody reads it: what the servers take for that, they have then. */
  async rehearse(): Promise<void> {
    for (let flood = 0; flood < this.size.floods; flood++) {
      const channels = [];
      for (let n = 0; n < CHANNELS; n++) channels.push(await this.#newGroup([]));
      await this.#pour(channels);
    }
  }

  /** Floods the next of the readers, who do not read, until the gateway has said of each that he is stalled. */
  async flood(): Promise<void> {
    const channels = this.#channels[this.#flooded] as string[];
    const members = this.#part(this.#flooded++);
    await this.#pour(channels);
    this.#expected += channels.length * FLOOD_MESSAGES * members.length;
    const { mesh } = this.installation;
    const areStalled = async () => (await countStalled(mesh, members)) === members.length;
    await until("the flooded readers to be stalled", areStalled);
  }

  /** A window of long messages in each of these groups. */
  async #pour(channels: readonly string[]): Promise<void> {
    const from = this.#written.sent;
    const end = channels.length * FLOOD_MESSAGES;
    let next = 0;
    const sendOne = () => {
      const channel = channels[next % channels.length] as string;
      if (next++ < end) this.#author.sendTo(channel, longest);
    };
    this.#author.onSent = sendOne;
    for (let n = 0; n < channels.length; n++) sendOne();
    await until("the flood to have its ✓", () => this.#written.sent - from >= end, FLOOD_MS);
    this.#author.onSent = () => {};
  }

  /** Every reader has every entry, once. */
  async haveAll(): Promise<void> {
    const have = () => this.#counts.delivered >= this.#expected || this.#broken !== "";
    await until("the readers to have everything", have, READ_MS);
    this.areWell();
  }

  /** Throws when something went wrong with a reader. */
  areWell(): void {
    if (this.#broken === "" && this.#counts.faults + this.#written.faults === 0) return;
    throw new Error(`a reader went wrong: ${this.#broken} ${JSON.stringify(this.#counts)}`);
  }

  close(): void {
    for (const device of [this.#author, ...this.#readers]) device.close();
  }
}

/** How many of the users have a connection that stopped reading, as session knows it. */
async function countStalled(mesh: Mesh, accounts: readonly LoadAccount[]): Promise<number> {
  const answers = await askSession(mesh, (session) =>
    Promise.all(accounts.map(({ user }) => session.getUser({ user }))),
  );
  return answers.filter(({ devices }) => devices.some(({ stalled }) => stalled)).length;
}
