import { randomUUID } from "node:crypto";
import type { ClientFrame, ServerFrame } from "../../gen/chat/client/v1/frames.js";
import { CommandFrame, EventBatch, type EventFrame } from "../../gen/chat/session/v1/session.js";
import { systemClock } from "../../lib/clock.js";
import { linkContract } from "../../lib/contract.js";
import { FakeClock } from "../../lib/fake-clock.js";
import { newId } from "../../lib/ids.js";
import type { Link, LinkHandler } from "../../lib/link/link.js";
import { silentLogger } from "../../lib/log.js";
import { createNetwork } from "../../lib/rpc/create-network.js";
import type { KeyValueStore } from "../../lib/store/kv.js";
import { openLevel } from "../../lib/store/level.js";
import type { WireReader } from "../../lib/wire/reader.js";
import { createReadReceiptsStore } from "../read-receipts-level.js";
import { SessionService } from "../service.js";
import type { SessionStore } from "../store.js";
import { createLevelStore } from "../store-level.js";
import { FakeReceipts } from "./fake-receipts.js";
import { decodeFrame, writeFrame } from "./frames.js";

export type ClientKind = NonNullable<ClientFrame["kind"]>;
type ServerKind = NonNullable<ServerFrame["kind"]>;
export type ServerCase = ServerKind["$case"];
export type ServerValue<C extends ServerCase> = Extract<ServerKind, { $case: C }>["value"];

/** A client as the session service sees it: an origin, and what was sent to it. */
export class FakeDevice {
  readonly received: ServerKind[] = [];
  closed: number | undefined;
  connection = 0;
  connect = 0;

  constructor(
    readonly rig: Rig,
    readonly user: string,
    readonly device: string,
  ) {}

  get origin() {
    const { connection, user, device } = this;
    return { connection, user, device, codec: 1 };
  }

  /** A new connection of this device on the rig's gateway. */
  attach(): this {
    this.connection = this.rig.nextConnection(this);
    this.connect++;
    this.closed = undefined;
    this.reattach();
    return this;
  }

  /** The gateway names the present connection again. */
  reattach(): void {
    const attach = { origin: this.origin, connect: this.connect };
    this.rig.toSession({ $case: "attach", value: { gateway: this.rig.gateway, attach } });
  }

  detach(): void {
    const detach = { origin: this.origin };
    this.rig.toSession({ $case: "detach", value: { gateway: this.rig.gateway, detach } });
  }

  say(kind: ClientKind): void {
    const { origin, rig } = this;
    const value = { gateway: rig.gateway, origin, frame: { kind }, traceparent: "" };
    rig.toSession({ $case: "command", value });
  }

  send(conversation: string, number: number, text = `text ${number}`, id: string = randomUUID()) {
    const content = { kind: { $case: "text" as const, value: { text } } };
    const value = { conversation, clientMessageId: id, number, content, acked: 0 };
    this.say({ $case: "send", value: { ...value, automatic: false } });
    return id;
  }

  ack(conversation: string, seq: number): void {
    this.say({ $case: "ack", value: { conversation, seq } });
  }

  read(conversation: string, seq: number): void {
    this.say({ $case: "read", value: { conversation, seq, automatic: false } });
  }

  all<C extends ServerCase>(which: C): ServerValue<C>[] {
    return this.received
      .filter((kind) => kind.$case === which)
      .map((k) => k.value as ServerValue<C>);
  }

  last<C extends ServerCase>(which: C): ServerValue<C> | undefined {
    return this.all(which).at(-1);
  }

  get seqs(): number[] {
    return this.all("deliver").map(({ entry }) => entry?.seq ?? 0);
  }
}

export interface RigOptions {
  readonly kv?: KeyValueStore;
  readonly wrap?: (store: SessionStore) => SessionStore;
  readonly unknownUsers?: ReadonlySet<string>;
}

/** The session service between a fake parser with one gateway and fake receipts, over real local links. */
export class Rig {
  readonly clock = new FakeClock();
  readonly receipts = new FakeReceipts();
  readonly gateway = newId("gw");
  readonly service: SessionService;
  readonly store: SessionStore;
  #network = createNetwork({
    instance: "session-1",
    boot: newId("bt"),
    clock: systemClock,
    log: silentLogger,
  });
  #devices = new Map<number, FakeDevice>();
  #connections = 0;
  #parser: Link | undefined;
  #stop: (() => Promise<void>)[] = [];

  private constructor(
    readonly kv: KeyValueStore,
    options: RigOptions,
  ) {
    const plain = createLevelStore(kv);
    this.store = options.wrap?.(plain) ?? plain;
    const unknown = options.unknownUsers ?? new Set();
    this.service = new SessionService({
      store: this.store,
      readReceipts: createReadReceiptsStore(kv),
      clock: this.clock,
      log: silentLogger,
      boot: newId("bt"),
      usersExist: async (users) => !users.some((user) => unknown.has(user)),
      attentionMs: 60_000,
      cursorFlushMs: 30_000,
      advanceMs: 0,
    });
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const level = { directory: "memory", log: silentLogger, clock: systemClock };
    const kv = options.kv ?? (await openLevel(level));
    const rig = new Rig(kv, options);
    await rig.service.start();
    await rig.#connect();
    return rig;
  }

  async #connect(): Promise<void> {
    const sessions = linkContract("chat.session.v1.Sessions");
    const receipts = linkContract("chat.receipts.v1.Receipts");
    const server = this.#network.server("local:session");
    server.link(sessions, () => this.service.parsers);
    await server.start();
    const other = this.#network.server("local:receipts");
    other.link(receipts, () => this.receipts);
    await other.start();
    const parser = this.#network.dial("local:session", sessions, this.#asParser());
    const dialer = this.#network.dial("local:receipts", receipts, this.service.receipts);
    await this.until(() => this.#parser !== undefined && dialer.link !== undefined);
    this.#stop.push(
      async () => parser.close(),
      async () => dialer.close(),
      () => server.stop(),
      () => other.stop(),
    );
  }

  #asParser(): LinkHandler {
    return {
      up: (link) => {
        this.#parser = link;
        this.toSession({ $case: "gatewayLink", value: { gateway: this.gateway, up: true } });
      },
      down: (link) => {
        if (this.#parser === link) this.#parser = undefined;
      },
      frame: (_link: Link, kind: number, body: WireReader) => {
        this.#event(decodeFrame<EventFrame>(EventBatch, kind, body));
      },
    };
  }

  #event(frame: EventFrame): void {
    if (frame.kind?.$case === "close") {
      const close = frame.kind.value.close;
      const device = this.#devices.get(close?.connection ?? 0);
      if (device?.connection === close?.connection) (device as FakeDevice).closed = close?.code;
    } else if (frame.kind?.$case === "event") {
      const { targets, frame: server } = frame.kind.value;
      for (const { connections } of targets) {
        for (const id of connections) {
          const device = this.#devices.get(id);
          if (device?.connection === id && server?.kind) device.received.push(server.kind);
        }
      }
    }
  }

  toSession(kind: NonNullable<CommandFrame["kind"]>): void {
    if (this.#parser === undefined) throw new Error("no link to the session service");
    writeFrame(this.#parser, CommandFrame, { kind });
  }

  /** Breaks the link between the fake parser and the service; a new one comes by itself. */
  async breakParserLink(): Promise<void> {
    const broken = this.#parser;
    broken?.destroy("test");
    await this.until(() => this.#parser !== broken);
    await this.until(() => this.#parser !== undefined);
  }

  device(user: string): FakeDevice {
    return new FakeDevice(this, user, newId("dv"));
  }

  nextConnection(device: FakeDevice): number {
    this.#devices.set(++this.#connections, device);
    return this.#connections;
  }

  /** The gateway's roster: all devices given, and nobody else up to the newest connection. */
  roster(...devices: FakeDevice[]): void {
    const connections = devices.map(({ origin, connect }) => ({ origin, connect }));
    const chunk = { first: 1, last: this.#connections, connections };
    this.toSession({ $case: "roster", value: { gateway: this.gateway, chunk } });
  }

  /** Lets event-loop iterations pass until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    for (const start = performance.now(); performance.now() - start < 10_000; ) {
      if (condition()) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`this never came true: ${condition}`);
  }

  /** Lets everything that is under way come to rest. */
  async settle(): Promise<void> {
    for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
    await this.until(() => this.service.shards.every((shard) => shard.quiet));
    for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    for (const stop of this.#stop) await stop();
    await this.service.stop();
  }
}
