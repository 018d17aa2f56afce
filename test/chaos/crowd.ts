import { randomUUID } from "node:crypto";
import { directId, newId } from "../../lib/ids.js";
import { change } from "../groups.js";
import { changeBody } from "../history/events.js";
import type { Recorder } from "../history/recorder.js";
import { type Device, register } from "../people.js";
import { until } from "../until.js";
import type { ChaosMesh } from "./chaos-mesh.js";
import { RawTalker } from "./raw-talker.js";
import { SdkTalker } from "./sdk-talker.js";
import type { Speaker } from "./speaker.js";

export interface CrowdOptions {
  readonly mesh: ChaosMesh;
  readonly recorder: Recorder;
  /** Conversations, most of them of two. */
  readonly circles: number;
  /** From one message of a device to the next. */
  readonly paceMs: number;
}

/** A conversation and all its members' devices. All of them talk. */
interface Circle {
  readonly conversation: string;
  /** One device of each person. */
  readonly people: readonly Speaker[];
  readonly all: readonly Speaker[];
  /** Entries that are no messages: the one that founded the group. */
  readonly changes: number;
}

/** One circle of so many is a group; of so many pairs one has a device on the SDK, and one has a third device. */
const GROUP_EVERY = 5;
const SDK_EVERY = 4;
const TABLET_EVERY = 8;
/** Of a group, one of whom is on the SDK. */
const MEMBERS = 4;
const STARTED_AT_ONCE = 8;
/** How long a machine with much else to do may take. */
const RECOVERED_MS = 180_000;

/** People that talk all the time, most devices on the raw protocol in both codecs, some on the SDK. */
export class Crowd {
  private constructor(readonly circles: readonly Circle[]) {}

  static async start(options: CrowdOptions): Promise<Crowd> {
    const circles: Circle[] = [];
    let next = 0;
    const some = async () => {
      for (let at = next++; at < options.circles; at = next++) {
        const joining = new Joining(options, at);
        circles.push(await (at % GROUP_EVERY === 1 ? newGroup(joining) : newPair(joining, at)));
      }
    };
    await Promise.all(Array.from({ length: STARTED_AT_ONCE }, some));
    return new Crowd(circles);
  }

  get speakers(): Speaker[] {
    return this.circles.flatMap(({ all }) => all);
  }

  get acknowledged(): number {
    return sum(this.speakers, ({ acknowledged }) => acknowledged);
  }

  /** How many times an entry must have been shown, one by one. */
  get owed(): number {
    return sum(this.circles, (circle) => circle.all.length * headOf(circle));
  }

  get refusals(): string[] {
    return this.speakers.flatMap(({ name, refusals }) => refusals.map((why) => `${name}: ${why}`));
  }

  talk(): void {
    for (const { conversation, all } of this.circles) for (const one of all) one.talk(conversation);
  }

  /** Waits until every device has `more` further messages acknowledged. */
  async progress(more: number): Promise<void> {
    const goals = this.speakers.map((one) => ({ one, goal: one.acknowledged + more }));
    const late = () => goals.filter(({ one, goal }) => one.acknowledged < goal);
    await untilNobody("to get on", () => late().map(({ one }) => one.name));
  }

  /** Everybody has everything and has read it, and everybody knows. */
  async rest(): Promise<void> {
    await Promise.all(this.circles.map(restOf));
  }

  /** Reads everything again from the server. */
  async readAgain(): Promise<void> {
    const readers = this.circles.flatMap(({ conversation, people }) =>
      people.map((one) => one.fetchAll(conversation)),
    );
    await Promise.all(readers);
  }

  async close(): Promise<void> {
    await Promise.all(this.speakers.map((one) => one.close()));
  }
}

/** Waits until nobody is left for whom to wait. */
export async function untilNobody(what: string, waiting: () => readonly string[]): Promise<void> {
  const done = () => waiting().length === 0;
  await until("everybody", done, RECOVERED_MS).catch(() => {
    throw new Error(`waited in vain for ${waiting()} ${what}`);
  });
}

let joined = 0;

/** Brings the devices of one circle in, over one gateway after the other. */
class Joining {
  readonly #id = `${process.pid}.${++joined}`;
  #turn: number;

  constructor(
    readonly options: CrowdOptions,
    at: number,
  ) {
    this.#turn = at;
  }

  get url(): string {
    const { urls } = this.options.mesh;
    return urls[this.#turn++ % urls.length] as string;
  }

  async raw(start: string, codec: "proto" | "json") {
    const { recorder, paceMs } = this.options;
    const name = `${start}.${this.#id}`;
    const device = await register(this, name);
    const gateway = () => this.url.replace(/^http/, "ws");
    const options = { recorder, name, device, codec, gateway, paceMs };
    return { device, speaker: await RawTalker.start(options) };
  }

  /** A person of that name, or a further device of his. */
  sdk(start: string, path: "register" | "login", person = start): Promise<Speaker> {
    const { recorder, paceMs } = this.options;
    const account = `${person}.${this.#id}`;
    const gateway = () => this.url;
    return SdkTalker.start(recorder, `${start}.${this.#id}`, { gateway, path, account, paceMs });
  }
}

async function newPair(joining: Joining, at: number): Promise<Circle> {
  const { speaker: ann } = await joining.raw("ann", at % 2 === 0 ? "proto" : "json");
  const isSdk = at % SDK_EVERY === 0;
  const bob = isSdk
    ? await joining.sdk("bob", "register")
    : (await joining.raw("bob", "proto")).speaker;
  const people = [ann, bob];
  const tablets = at % TABLET_EVERY === 0 ? [await joining.sdk("tablet", "login", "bob")] : [];
  const conversation = directId(ann.user, bob.user);
  return { conversation, people, all: [...people, ...tablets], changes: 0 };
}

async function newGroup(joining: Joining): Promise<Circle> {
  const { device, speaker: owner } = await joining.raw("owner", "proto");
  const people = [owner, await joining.sdk("member", "register")];
  while (people.length < MEMBERS) {
    people.push((await joining.raw(`member${people.length}`, "json")).speaker);
  }
  const conversation = newId("gr");
  await found(joining, device, { conversation, people });
  await Promise.all(people.map((one) => one.shows(conversation, 1)));
  return { conversation, people, all: people, changes: 1 };
}

/** The first one makes the group, and whoever follows is in it to the end. */
async function found(
  joining: Joining,
  device: Device,
  { conversation, people }: Pick<Circle, "conversation" | "people">,
): Promise<void> {
  const { recorder } = joining.options;
  const users = people.map(({ user }) => user);
  const [user = "", ...members] = users;
  const requestId = randomUUID();
  const body = changeBody("created");
  recorder.note({ type: "change", conversation, user, id: requestId, body });
  for (const one of users) {
    recorder.note({ type: "member", conversation, user: one, from: 1, through: 0 });
  }
  await change(joining, device, conversation, { requestId, create: { name: "crew", members } });
}

async function restOf(circle: Circle): Promise<void> {
  const { conversation, people, all } = circle;
  await Promise.all(all.map((one) => one.fallSilent()));
  // A last word each: its ticks tell of all that was before it.
  for (const one of people) await one.say(conversation, `${one.name}: the end`);
  await Promise.all(all.map((one) => one.fallSilent()));
  const head = headOf(circle);
  await Promise.all(all.map((one) => one.shows(conversation, head)));
  await Promise.all(people.map((one) => one.markRead(conversation, head)));
  await Promise.all(all.map((one) => one.blue(conversation)));
  await Promise.all(all.map((one) => one.knowsRead(conversation, head)));
}

/** What the head of its log is when every message is acknowledged. */
function headOf({ all, changes }: Circle): number {
  return changes + sum(all, ({ acknowledged }) => acknowledged);
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}
