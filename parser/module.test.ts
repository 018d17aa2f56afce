import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientFrame, ServerFrame } from "../gen/chat/client/v1/frames.js";
import { Codec, Inbound, ParsersService, Push } from "../gen/chat/parser/v1/parser.js";
import { Command, Event, GatewayLink } from "../gen/chat/session/v1/session.js";
import { systemClock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import type { Dialer } from "../lib/link/link.js";
import { Recorder, send } from "../lib/link/recorder.js";
import { silentLogger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { RpcServer } from "../lib/rpc/network.js";
import { startParser } from "./module.js";
import { CHAT, GATEWAY, originOf } from "./testing/test-bench.js";

const ARM = {
  push: 2,
  rosterWanted: 4,
  inbound: 2,
  command: 2,
  urgent: 9,
  gatewayLink: 8,
  event: 2,
} as const;
const socket = (name: string) =>
  `unix:${join(tmpdir(), `cm-${name}-${randomBytes(6).toString("hex")}.sock`)}`;

/** A parser in the middle of a real network; gateway and session are the test's. */
class Rig {
  readonly network = createNetwork({
    instance: "all-1",
    boot: GATEWAY,
    clock: systemClock,
    log: silentLogger,
  });
  readonly gateway = new Recorder();
  session = new Recorder();
  server: RpcServer | undefined;
  parser: Module | undefined;
  dialer: Dialer | undefined;

  constructor(
    readonly listen: string,
    readonly sessionAddress: string,
  ) {}

  async start(): Promise<void> {
    const { network, listen } = this;
    await this.startSession();
    const sessions = [{ name: "session-1", address: this.sessionAddress }];
    const config = { listen, sessions, presences: [] };
    const deps = { network, clock: systemClock, log: silentLogger, boot: "bt_parser" };
    this.parser = await startParser({ config, ...deps });
    this.dialer = network.dial(listen, linkContract("chat.parser.v1.Parsers"), this.gateway);
    await this.gateway.until((end) => end.ups.length === 1);
    await this.session.until((end) => end.frames.some(({ kind }) => kind === ARM.gatewayLink));
  }

  async startSession(): Promise<void> {
    this.session = new Recorder();
    this.server = this.network.server(this.sessionAddress);
    this.server.link(linkContract("chat.session.v1.Sessions"), () => this.session);
    await this.server.start();
  }

  async stop(): Promise<void> {
    this.dialer?.close();
    await this.parser?.stop();
    await this.server?.stop();
  }

  clientSends(kind: NonNullable<ClientFrame["kind"]>, codec = Codec.PROTO): void {
    const frame = ClientFrame.encode({ kind }).finish();
    const data =
      codec === Codec.JSON ? JSON.stringify(ClientFrame.toJSON({ kind })) : Buffer.from(frame);
    const inbound = Inbound.encode({
      origin: originOf({ codec }),
      data: Buffer.from(data),
      traceparent: "",
    });
    send(this.gateway.link, ARM.inbound, inbound.finish());
  }
}

const transports = [
  { name: "in one process", addresses: () => ["local:parser", "local:session"] as const },
  { name: "over sockets", addresses: () => [socket("p"), socket("s")] as const },
];

for (const { name, addresses } of transports) {
  describe(`the parser ${name}`, () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = new Rig(...addresses());
      await rig.start();
    });
    afterEach(() => rig.stop());

    it("carries commands to the session, in order and in both codecs alike", async () => {
      for (let seq = 1; seq <= 50; seq++) {
        const codec = seq % 2 ? Codec.PROTO : Codec.JSON;
        rig.clientSends({ $case: "ack", value: { conversation: CHAT, seq } }, codec);
      }
      const commands = () => rig.session.frames.filter(({ kind }) => kind === ARM.urgent);
      await rig.session.until(() => commands().length === 50);
      const seqs = commands().map(({ body }) => {
        const { gateway, frame } = Command.decode(body);
        assert.equal(gateway, GATEWAY);
        return frame?.kind?.$case === "ack" ? frame.kind.value.seq : 0;
      });
      assert.deepEqual(
        seqs,
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    });

    it("carries events to the gateway", async () => {
      const kind = { $case: "caughtUp" as const, value: { token: 4, pending: 0 } };
      const target = { gateway: GATEWAY, codec: Codec.PROTO, connections: [7] };
      const event = Event.encode({ targets: [target], frame: { kind } }).finish();
      send(rig.session.link, ARM.event, event);
      const pushes = () => rig.gateway.frames.filter(({ kind }) => kind === ARM.push);
      await rig.gateway.until(() => pushes().length === 1);
      const push = Push.decode(pushes()[0]?.body ?? Buffer.alloc(0));
      assert.deepEqual(push.connections, [7]);
      assert.deepEqual(ServerFrame.decode(push.data).kind, kind);
    });

    it("tells a restarted session of its gateways, and asks them for their rosters", async () => {
      const wanted = () => rig.gateway.frames.filter(({ kind }) => kind === ARM.rosterWanted);
      const before = wanted().length;
      await rig.server?.stop();
      await rig.startSession();
      await rig.gateway.until(() => wanted().length === before + 1);
      await rig.session.until((end) => end.frames.length > 0);
      const first = GatewayLink.decode(rig.session.frames[0]?.body ?? Buffer.alloc(0));
      assert.deepEqual(first, { gateway: GATEWAY, up: true });
    });

    it("tells the session when a gateway is gone", async () => {
      rig.dialer?.close();
      const last = () => rig.session.frames.at(-1)?.body ?? Buffer.alloc(0);
      await rig.session.until(() => !GatewayLink.decode(last()).up);
      assert.equal(GatewayLink.decode(last()).gateway, GATEWAY);
    });

    it("answers Inspect", async () => {
      const client = rig.network.client(rig.listen, ParsersService, { deadlineMs: 5000 });
      const data = Buffer.from('{"resume":{"token":"1"}}');
      const answer = await client.inspect({ codec: Codec.JSON, data });
      assert.deepEqual(answer, { kind: "resume", conversation: "", shard: 0, refused: "" });
      await assert.rejects(client.inspect({ codec: Codec.PROTO, data }), /./);
      client.close();
    });

    it("passes a planned end on to its gateways", async () => {
      await rig.parser?.drain?.(250);
      await rig.gateway.until((end) => end.drainings.length === 1);
      assert.deepEqual(rig.gateway.drainings, [250]);
    });
  });
}
