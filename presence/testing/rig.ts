import { ClientFrame, type ServerFrame } from "../../gen/chat/client/v1/frames.js";
import { Codec } from "../../gen/chat/parser/v1/parser.js";
import {
  ActivityBatch,
  type ActivityFrame,
  PresenceBatch,
} from "../../gen/chat/presence/v1/presence.js";
import { FakeClock } from "../../lib/fake-clock.js";
import { newId } from "../../lib/ids.js";
import { KeptLink } from "../../lib/link/kept-link.js";
import { silentLogger as log } from "../../lib/log.js";
import { memoryEngine } from "../../lib/store/engine.js";
import { openLevel } from "../../lib/store/level.js";
import { WireReader } from "../../lib/wire/reader.js";
import { type Audience, everyone } from "../audience.js";
import { Events } from "../events.js";
import { Presence, type PresenceLimits } from "../presence.js";
import { ParserLink } from "../service.js";
import type { PresenceStore } from "../store.js";
import { levelPresenceStore } from "../store-level.js";

type Told = Extract<NonNullable<ServerFrame["kind"]>, { $case: "presence" | "failed" }>;

/** The presence instance's end of a link to a parser, in the hands of a test. */
export class FakeLink extends KeptLink {
  constructor() {
    super("parser-1");
  }

  /** The events since the last time. */
  events() {
    const { frames } = PresenceBatch.decode(this.bytes());
    return frames.flatMap(({ kind }) => (kind?.$case === "event" ? kind.value : []));
  }
}

export interface RigOptions {
  readonly audience?: Audience;
  readonly limits?: Partial<PresenceLimits>;
}

const LIMITS: PresenceLimits = {
  activeS: 300,
  keepDays: 90,
  usersMax: 1_000,
  pointsMax: 1_000,
  watchersMax: 100,
  watchesMax: 1_000,
};

/** A presence instance on a clock and a store of the test; a restart loses all but the store. */
export class Rig {
  readonly clock = new FakeClock();
  readonly gateway = newId("gw");
  link = new FakeLink();
  /** The process does nothing by itself; what comes meanwhile is to be handed in afterwards. */
  hangs = false;
  /** Added to the wall clock. */
  stepMs = 0;
  presence!: Presence;
  events!: Events;
  #parsers!: ParserLink;
  #ticking: { cancel(): void } | undefined;
  #connections = 0;

  private constructor(
    readonly store: PresenceStore,
    readonly options: RigOptions,
  ) {
    this.restart();
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const clock = new FakeClock();
    const kv = await openLevel({ directory: "memory", log, clock, open: memoryEngine() });
    return new Rig(levelPresenceStore(kv), options);
  }

  /** A new process on the same store; what was not stored is gone. */
  restart(): void {
    this.#ticking?.cancel();
    const { clock, store, options } = this;
    const stepped = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs() + this.stepMs,
      after: clock.after.bind(clock),
      every: clock.every.bind(clock),
    };
    this.events = new Events(log);
    this.presence = new Presence({
      ...{ store, clock: stepped, events: this.events },
      audience: options.audience ?? everyone,
      limits: { ...LIMITS, ...options.limits },
    });
    this.#parsers = new ParserLink({ presence: this.presence, events: this.events, clock });
    this.#ticking = clock.every(1_000, () => this.#tick());
    this.link.alive = false;
    this.link = new FakeLink();
    this.#parsers.up(this.link);
  }

  #tick(): void {
    if (!this.hangs) this.#parsers.tick();
  }

  /** The parser dials again. */
  redial(): void {
    this.#parsers.down(this.link);
    this.link = new FakeLink();
    this.#parsers.up(this.link);
  }

  async stop(): Promise<void> {
    this.#ticking?.cancel();
    await this.presence.stop();
    await this.store.close();
  }

  /** What `viewer` is answered about `user` now. */
  async answer(viewer: FakeDevice, user: FakeDevice): Promise<string | undefined> {
    viewer.heard();
    viewer.watch(user.user);
    await this.settle();
    return viewer.heard().at(-1);
  }

  /** Lets the store answer. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets time pass, second by second, with the store answering in between. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000);
      await this.settle();
    }
  }

  active(...users: string[]): void {
    this.activeBefore(0, ...users);
  }

  /** As a parser tells what it could not tell when it was. */
  activeBefore(ageS: number, ...users: string[]): void {
    this.#hand({ $case: "active", value: { users, ageS } });
  }

  device(user = newId("us")): FakeDevice {
    return new FakeDevice(this, user, ++this.#connections);
  }

  says(device: FakeDevice, kind: NonNullable<ClientFrame["kind"]>): void {
    const { user, id, connection, codec } = device;
    const origin = { connection, user, device: id, codec };
    const frame = ClientFrame.fromPartial({ kind });
    const value = { gateway: this.gateway, origin, frame, traceparent: "" };
    this.#hand({ $case: "command", value });
  }

  /** What each connection was told since the last time, in order. */
  told(): { connections: number[]; kind: Told }[] {
    return this.link.events().map(({ targets, frame }) => ({
      connections: targets.flatMap(({ connections }) => connections),
      kind: frame?.kind as Told,
    }));
  }

  #hand(kind: NonNullable<ActivityFrame["kind"]>): void {
    const bytes = ActivityBatch.encode({ frames: [{ kind }] }).finish();
    const batch = new WireReader().reset(Buffer.from(bytes));
    batch.next();
    const frame = new WireReader().enter(batch);
    frame.next();
    this.#parsers.frame(this.link, frame.field, new WireReader().enter(frame));
  }
}

/** A connected device in the hands of a test. */
export class FakeDevice {
  readonly id = newId("dv");
  readonly codec = Codec.PROTO;
  #requests = 0;

  constructor(
    readonly rig: Rig,
    readonly user: string,
    readonly connection: number,
  ) {}

  /** Opens the app: the parser passes that on, and reports it with the next second's activity. */
  open(): void {
    this.renew();
    this.rig.active(this.user);
  }

  renew(): void {
    this.rig.says(this, { $case: "foreground", value: { automatic: true } });
  }

  leave(): void {
    this.rig.says(this, { $case: "background", value: {} });
  }

  watch(user: string): void {
    this.rig.says(this, { $case: "watch", value: { request: ++this.#requests, user } });
  }

  /** What it was told since anybody was last asked, as short texts: `online`, `seen -12`, `nothing`, or why it failed. */
  heard(): string[] {
    const { rig } = this;
    return rig
      .told()
      .filter(({ connections }) => connections.includes(this.connection))
      .map(({ kind }) => {
        if (kind.$case === "failed") return `failed ${kind.value.reason}`;
        const { online, lastSeenUnixMs } = kind.value;
        if (online) return "online";
        if (lastSeenUnixMs === 0) return "nothing";
        return `seen ${Math.round((lastSeenUnixMs - rig.clock.wallMs()) / 1000)}`;
      });
  }
}
