import assert from "node:assert/strict";
import { systemClock } from "../clock.js";
import { linkContract } from "../contract.js";
import type { Dialer } from "../link/link.js";
import { Recorder, send } from "../link/recorder.js";
import { silentLogger } from "../log.js";
import { WireError } from "../wire/reader.js";
import { createNetwork } from "./create-network.js";
import type { Network, RpcServer } from "./network.js";

const contract = linkContract("chat.parser.v1.Parsers");

/** How a transport is tried out. */
export interface Transport {
  readonly name: string;
  /** An address nobody uses. */
  newAddress(): Promise<string>;
  /** Whether both ends must be on one Network object. */
  readonly oneNetwork: boolean;
}

export interface Rig {
  readonly address: string;
  readonly near: Network;
  far: Network;
  server: RpcServer;
  readonly dialed: Recorder;
  readonly accepted: Recorder;
  readonly dialer: Dialer;
  stop(): Promise<void>;
}

export function networkOf(instance: string, boot: string): Network {
  return createNetwork({ instance, boot, clock: systemClock, log: silentLogger });
}

/** A link that is up, with a recorder at both ends. */
export async function linkUp(transport: Transport): Promise<Rig> {
  const near = networkOf("gateway-1", "gw_near");
  const far = transport.oneNetwork ? near : networkOf("parser-1", "bt_far");
  const accepted = new Recorder();
  const dialed = new Recorder();
  const server = far.server(await transport.newAddress());
  server.link(contract, () => accepted);
  await server.start();
  const dialer = near.dial(server.address, contract, dialed);
  const rig: Rig = {
    address: server.address,
    near,
    far,
    server,
    dialed,
    accepted,
    dialer,
    async stop() {
      dialer.close();
      await rig.server.stop();
    },
  };
  await Promise.all([
    dialed.until((r) => r.ups.length === 1),
    accepted.until((r) => r.ups.length === 1),
  ]);
  return rig;
}

/** What holds for links on every transport. */
export const linkSuite = (transport: Transport) =>
  describe(`a link over ${transport.name}`, () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = await linkUp(transport);
    });
    afterEach(() => rig.stop());

    it("introduces both ends to each other", () => {
      const far = transport.oneNetwork ? "gateway-1" : "parser-1";
      assert.equal(rig.dialed.link.peer.instance, far);
      assert.deepEqual(rig.accepted.link.peer, { instance: "gateway-1", boot: "gw_near" });
      assert.equal(rig.dialer.link, rig.dialed.link);
    });

    it("carries frames in order in both directions", async () => {
      for (let i = 0; i < 1000; i++) {
        assert.ok(send(rig.dialed.link, 2, Buffer.from(`up ${i}`)));
        assert.ok(send(rig.accepted.link, 2, Buffer.from(`down ${i}`)));
      }
      await rig.accepted.until((r) => r.frames.length === 1000);
      await rig.dialed.until((r) => r.frames.length === 1000);
      for (let i = 0; i < 1000; i++) {
        assert.equal(rig.accepted.frames[i]?.body.toString(), `up ${i}`);
        assert.equal(rig.dialed.frames[i]?.body.toString(), `down ${i}`);
      }
    });

    it("sends what was begun in one turn of the event loop as one message", async () => {
      for (let i = 0; i < 200; i++) send(rig.dialed.link, 2, Buffer.alloc(150));
      await rig.accepted.until((r) => r.frames.length === 200);
      assert.equal(rig.accepted.batchEnds.filter((n) => n > 0).length, 1);
    });

    it("carries a frame of the largest size", async () => {
      const body = Buffer.alloc(1024 * 1024 - 64 - 10, 7);
      assert.ok(send(rig.dialed.link, 2, body));
      await rig.accepted.until((r) => r.frames.length === 1);
      assert.ok(rig.accepted.frames[0]?.body.equals(body));
      assert.throws(() => send(rig.dialed.link, 2, Buffer.alloc(1024 * 1024)), RangeError);
      assert.ok(send(rig.dialed.link, 2, Buffer.from("still alive")));
      await rig.accepted.until((r) => r.frames.length === 2);
    });

    it("keeps the bytes of received frames as they were, whatever is written later", async () => {
      const views: Buffer[] = [];
      rig.accepted.frame = (_link, _kind, body) => {
        views.push(body.buf.subarray(body.pos, body.end));
      };
      for (let round = 0; round < 50; round++) {
        for (let i = 0; i < 20; i++) send(rig.dialed.link, 2, Buffer.alloc(500, round));
        await rig.accepted.until(() => views.length === (round + 1) * 20);
      }
      for (const [i, view] of views.entries()) {
        assert.ok(view.equals(Buffer.alloc(500, Math.floor(i / 20))));
      }
    });

    it("gives credits back, so that more frames than the window pass", async () => {
      const total = 40_000;
      let sent = 0;
      const pump = () => {
        while (sent < total && send(rig.dialed.link, 2, Buffer.from([sent & 255]))) sent++;
        if (sent < total) setImmediate(pump);
      };
      pump();
      assert.ok(sent < total);
      await rig.accepted.until((r) => r.frames.length === total);
    });

    it("tells the peer that it will end", async () => {
      rig.dialed.link.drain(1500);
      await rig.accepted.until((r) => r.drainings.length === 1);
      rig.server.drain(700);
      await rig.dialed.until((r) => r.drainings.length === 1);
      assert.deepEqual([rig.accepted.drainings, rig.dialed.drainings], [[1500], [700]]);
    });

    it("dials again when the accepting end breaks the link, with a new Link", async () => {
      const first = rig.dialed.link;
      rig.accepted.link.destroy("a test");
      await rig.dialed.until((r) => r.downs.length === 1 && r.ups.length === 2);
      assert.equal(first.alive, false);
      assert.equal(send(first, 2, Buffer.from("late")), false);
      assert.notEqual(rig.dialed.link, first);
      assert.equal(rig.accepted.downs.length, 1);
      send(rig.dialed.link, 2, Buffer.from("again"));
      await rig.accepted.until((r) => r.frames.length === 1);
    });

    it("dials again when the dialling end breaks the link", async () => {
      rig.dialed.link.destroy("a test");
      await rig.accepted.until((r) => r.downs.length === 1 && r.ups.length === 2);
      assert.equal(rig.dialed.downs[0], "a test");
    });

    it("breaks the link when a handler finds a malformed body, and says why", async () => {
      rig.accepted.onFrame = (_link, frame) => {
        if (frame.body[0] === 0xff) throw new WireError("no such codec");
      };
      send(rig.dialed.link, 2, Buffer.from("fine"));
      await rig.accepted.until((r) => r.frames.length === 1);
      send(rig.dialed.link, 2, Buffer.from([0xff]));
      await rig.accepted.until((r) => r.downs.length === 1);
      await rig.dialed.until((r) => r.downs.length === 1);
      assert.match(rig.accepted.downs[0] ?? "", /malformed batch: no such codec/);
      assert.match(rig.dialed.downs[0] ?? "", /malformed batch: no such codec/);
    });

    it("ends without dialling again when the dialler is closed", async () => {
      send(rig.dialed.link, 2, Buffer.from("last words"));
      rig.dialer.close();
      await rig.dialed.until((r) => r.downs.length === 1);
      await rig.accepted.until((r) => r.downs.length === 1 && r.frames.length === 1);
      assert.equal(rig.dialer.link, undefined);
    });

    it("finds a server that was started again, with its new boot id", async () => {
      await rig.server.stop();
      assert.equal(rig.accepted.downs.length, 1);
      await rig.dialed.until((r) => r.downs.length === 1);
      const far = transport.oneNetwork ? rig.far : networkOf("parser-1", "bt_later");
      rig.server = far.server(rig.address);
      rig.server.link(contract, () => rig.accepted);
      await rig.server.start();
      await rig.dialed.until((r) => r.ups.length === 2);
      if (!transport.oneNetwork) assert.equal(rig.dialed.link.peer.boot, "bt_later");
    });

    it("counts what passes", async () => {
      for (let i = 0; i < 10; i++) send(rig.dialed.link, 2, Buffer.alloc(100));
      await rig.accepted.until((r) => r.frames.length === 10);
      const { framesIn, framesOut, bytesIn } = rig.near.meters.totals();
      assert.ok(framesOut >= 11);
      assert.ok(framesIn >= 1);
      assert.ok(bytesIn > 0);
      const queues = rig.near.meters.queues();
      assert.ok(queues.some((q) => q.name.startsWith("link /chat.parser.v1.Parsers/Link dial")));
    });
  });

/** What holds for diallers on every transport. */
export const dialSuite = (transport: Transport) =>
  describe(`a dialler over ${transport.name}`, () => {
    it("may be there before the server", async () => {
      const near = networkOf("gateway-1", "gw_near");
      const far = transport.oneNetwork ? near : networkOf("parser-1", "bt_far");
      const address = await transport.newAddress();
      const dialed = new Recorder();
      const dialer = near.dial(address, contract, dialed);
      const server = far.server(address);
      server.link(contract, () => new Recorder());
      await server.start();
      await dialed.until((r) => r.ups.length === 1);
      dialer.close();
      await server.stop();
    });
  });
