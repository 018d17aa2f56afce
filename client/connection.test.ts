import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { ConnectionEvent } from "./events.js";
import { webSocketFactory } from "./socket.js";
import { CountingClock, next, Rig } from "./testing/rig.js";

describe("a connection over real sockets", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(() => rig.stop());

  const online = (event: ConnectionEvent) => event.state === "online";

  it("resumes after connecting and raises its counter before each connection", async () => {
    const client = await rig.register("alice");
    const caughtUp = next(client, "caughtUp");
    await client.connect();
    assert.deepEqual(await caughtUp, { pending: 0 });
    const again = next(client, "connection", online);
    rig.server.closeAll(CloseCode.DRAINING);
    await again;
    assert.deepEqual(
      [...rig.server.lines].map((line) => line.connect),
      [2],
    );
    await rig.server.until(() => rig.server.frames("resume").length === 2);
    const tokens = rig.server.frames("resume").map((frame) => frame.token);
    assert.equal(new Set(tokens).size, 2);
    assert.ok(tokens.every((token) => token > 0));
  });

  it("waits as long as the close reason says", async () => {
    const client = await rig.register("alice");
    await client.connect();
    const waiting = next(client, "connection", (event) => event.state === "waiting");
    rig.server.closeAll(CloseCode.RATE_LIMITED, "retry-after-ms=60");
    const event = await waiting;
    assert.equal(event.state === "waiting" && event.retryInMs, 60);
    await next(client, "connection", online);
  });

  for (const [code, reason] of [
    [CloseCode.REVOKED, "logged-out"],
    [CloseCode.SUPERSEDED, "superseded"],
    [CloseCode.INVALID_FRAME, "bug"],
    [CloseCode.FRAME_TOO_LARGE, "bug"],
  ] as const) {
    it(`stops for good on ${CloseCode[code]}, and says why`, async () => {
      const client = await rig.register("alice");
      await client.connect();
      const stopped = next(client, "connection", (event) => event.state === "stopped");
      rig.server.closeAll(code);
      const event = await stopped;
      assert.equal(event.state === "stopped" && event.reason, reason);
    });
  }

  it("refreshes an expired token, stores the new one, and connects again", async () => {
    const client = await rig.register("alice");
    await client.connect();
    rig.server.auth.expireAll();
    const again = next(client, "connection", online);
    rig.server.closeAll(CloseCode.TOKEN_EXPIRED);
    await again;
    const [device] = rig.server.auth.devices.values();
    assert.ok(device?.usedToken !== "" && device?.accessToken.startsWith("access-"));
  });

  it("refreshes when the upgrade is refused, and logs out when that is refused too", async () => {
    const client = await rig.register("alice");
    rig.server.auth.expireAll();
    await client.connect();
    rig.server.auth.devices.clear();
    const stopped = next(client, "connection", (event) => event.state === "stopped");
    rig.server.closeAll(CloseCode.LIFETIME);
    const event = await stopped;
    assert.equal(event.state === "stopped" && event.reason, "logged-out");
    await assert.rejects(client.connect(), { reason: "UNAUTHENTICATED" });
  });

  it("keeps trying while the server refuses upgrades", async () => {
    const client = await rig.register("alice");
    rig.server.refuseWith = 503;
    const connected = client.connect();
    await next(client, "connection", (event) => event.state === "waiting");
    rig.server.refuseWith = undefined;
    await connected;
  });

  it("opens the next connection before it leaves a draining one", async () => {
    const client = await rig.register("alice");
    await client.connect();
    const states: string[] = [];
    client.on("connection", (event) => states.push(event.state));
    const again = next(client, "connection", online);
    rig.server.push({ $case: "draining", value: { delayMs: 5 } });
    await again;
    assert.deepEqual(states, ["online"]);
    await rig.server.until(() => rig.server.lines.size === 1);
    assert.deepEqual(
      [...rig.server.lines].map((line) => line.connect),
      [2],
    );
  });

  it("leaves a server that does not answer pings any more", async () => {
    const clock = new CountingClock();
    clock.speed = 500;
    const client = await rig.register("alice", { clock });
    await client.connect();
    rig.server.answers = false;
    await next(client, "connection", (event) => event.state === "waiting");
    assert.ok(rig.server.frames("ping").length > 0);
    rig.server.answers = true;
    await next(client, "connection", online);
  });

  it("leaves a server that sends garbage, and tries again", async () => {
    const client = await rig.register("alice");
    await client.connect();
    const waiting = next(client, "connection", (event) => event.state === "waiting");
    for (const line of rig.server.lines) line.socket.send(Buffer.from([0xff, 0xff, 0xff]));
    await waiting;
    await next(client, "connection", online);
  });

  it("speaks JSON too, with the token as a subprotocol where headers cannot be set", async () => {
    const { WebSocket } = await import("ws");
    const before = globalThis.WebSocket;
    globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket;
    try {
      const options = { subprotocol: "chat.v1.json", openSocket: webSocketFactory } as const;
      const client = await rig.register("alice", options);
      const caughtUp = next(client, "caughtUp");
      await client.connect();
      await caughtUp;
      assert.ok([...rig.server.lines].every((line) => line.json));
    } finally {
      globalThis.WebSocket = before;
    }
  });

  it("leaves no timer and no socket behind when it is closed, whenever that is", async () => {
    const clock = new CountingClock();
    const idle = await rig.register("alice", { clock });
    const connecting = await rig.register("bob", { clock });
    const connected = await rig.register("carol", { clock });
    await connected.connect();
    await connected.send(idle.account.user, "hi");
    const refused = assert.rejects(connecting.connect(), { reason: "CLOSED" });
    await Promise.all([idle.close(), connecting.close(), connected.close()]);
    await refused;
    assert.equal(clock.open.size, 0);
    await rig.server.until(() => rig.server.lines.size === 0);
    await assert.rejects(connected.send(idle.account.user, "late"), { reason: "CLOSED" });
  });
});
