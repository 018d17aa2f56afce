import assert from "node:assert/strict";
import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { FakeMesh } from "./testing/fake-mesh.js";
import { upgradeStatus, WsClient } from "./testing/ws-client.js";

const ALLOWED = "https://chat.example.org";
const KIND = { inbound: 2, attach: 3, detach: 4, roster: 5, stalled: 6, drain: 8 } as const;

describe("a gateway with real sockets", () => {
  const mesh = new FakeMesh();
  before(() => mesh.start({ origins: [ALLOWED], bufferBytes: 64 * 1024, stuckMs: 300 }));
  after(() => mesh.stop());
  beforeEach(() => {
    mesh.parser.frames.length = 0;
    mesh.parser.onFrame = undefined;
  });

  const webSocketUrl = (query = "?connect=1") => `ws://127.0.0.1:${mesh.port}/v1/ws${query}`;
  const connect = async (codec = "proto", device = "dv_000000000000000a") => {
    const token = await mesh.token({ device });
    const client = new WsClient(webSocketUrl(), [`chat.v1.${codec}`, `bearer.${token}`]);
    await client.opened;
    await mesh.parser.until(() => mesh.attached().some((a) => a.origin?.device === device));
    const id = mesh.attached().find((a) => a.origin?.device === device)?.origin?.connection ?? 0;
    return { client, id };
  };

  it("upgrades, refuses and answers with the right HTTP status", async () => {
    const good = await mesh.token();
    const expired = await mesh.token({ expiresInS: -3600 });
    const header = (token: string, more = {}) => ({
      headers: { authorization: `Bearer ${token}`, ...more },
    });
    const proto = ["chat.v1.proto"];
    const upgrade = (
      protocols: string[],
      options: { headers?: Record<string, string>; origin?: string },
      query?: string,
    ) => upgradeStatus(webSocketUrl(query), protocols, options);
    assert.equal(await upgrade(proto, header(good)), 101);
    assert.equal(await upgrade([...proto, `bearer.${good}`], {}), 101);
    assert.equal(await upgrade(["chat.v1.json", `bearer.${good}`], { origin: ALLOWED }), 101);
    assert.equal(await upgrade(proto, { ...header(good), origin: "https://evil.example" }), 403);
    assert.equal(await upgrade(proto, { ...header(good), origin: "null" }), 403);
    assert.equal(await upgrade(proto, {}), 401);
    assert.equal(await upgrade(proto, header(expired)), 401);
    assert.equal(await upgrade(proto, header(`${good}x`)), 401);
    assert.equal(await upgrade(proto, header("x".repeat(3000))), 401);
    assert.equal(await upgrade(proto, {}, `?connect=1&token=${good}`), 400);
    assert.equal(await upgrade(proto, header(good), ""), 400);
    assert.equal(await upgrade(["chat.v1.proto", "chat.v1.json"], header(good)), 400);
    assert.equal(await upgrade([], header(good)), 400);
  });

  it("never gives the token back", async () => {
    const { client } = await connect();
    assert.equal(client.socket.protocol, "chat.v1.proto");
    assert.equal(client.socket.extensions, "");
    client.socket.terminate();
  });

  for (const [codec, isBinary] of [
    ["proto", true],
    ["json", false],
  ] as const) {
    it(`carries ${codec} frames both ways, unchanged and in order`, async () => {
      mesh.echo();
      const { client } = await connect(codec);
      const frames = ["a", "é".repeat(1000), "x".repeat(65_536)];
      for (const frame of frames) client.socket.send(isBinary ? Buffer.from(frame) : frame);
      await client.message(3);
      assert.deepEqual(
        client.received.map(({ data, isBinary: binary }) => [data.toString(), binary]),
        frames.map((frame) => [frame, isBinary]),
      );
      client.socket.close();
      await mesh.parser.until(() => mesh.has(KIND.detach));
    });
  }

  it("closes with 4501 above 64 KiB and with 4500 for the wrong type", async () => {
    const large = (await connect("proto")).client;
    large.socket.send(Buffer.alloc(65_537));
    assert.equal((await large.ended).code, CloseCode.FRAME_TOO_LARGE);
    const text = (await connect("proto")).client;
    text.socket.send("{}");
    assert.equal((await text.ended).code, CloseCode.INVALID_FRAME);
    const binary = (await connect("json")).client;
    binary.socket.send(Buffer.from("{}"));
    assert.equal((await binary.ended).code, CloseCode.INVALID_FRAME);
  });

  it("cuts off what is far too large, and lives on", async () => {
    const { client } = await connect("proto");
    client.socket.send(Buffer.alloc(1_000_000));
    assert.equal((await client.ended).code, 1006);
    assert.equal((await fetch(`${mesh.url}/healthz`)).status, 200);
  });

  it("sends what was pushed before a Close, then closes with its code and reason", async () => {
    const { client, id } = await connect("proto");
    mesh.push([id], Buffer.from("last words"), Codec.PROTO);
    mesh.close(id, CloseCode.SUPERSEDED, "a newer connection took over");
    assert.deepEqual(await client.ended, {
      code: CloseCode.SUPERSEDED,
      reason: "a newer connection took over",
    });
    assert.equal(client.received[0]?.data.toString(), "last words");
  });

  it("stalls a client that stops reading, and attaches it again when it reads on", async () => {
    const { client, id } = await connect("proto");
    client.socket.pause();
    await flood(id);
    mesh.parser.frames.length = 0;
    client.socket.resume();
    await mesh.parser.until(() => mesh.has(KIND.attach));
    const before = client.received.length;
    await room(() => mesh.push([id], Buffer.from("again"), Codec.PROTO));
    await client.message(before + 1);
    client.socket.terminate();
  });

  it("ends a client that reads nothing any more; others are served meanwhile", async () => {
    const { client, id } = await connect("proto");
    const other = await connect("proto", "dv_000000000000000b");
    client.socket.pause();
    await flood(id);
    mesh.parser.frames.length = 0;
    await room(() => mesh.push([other.id], Buffer.from("hello"), Codec.PROTO));
    await other.client.message(1);
    await mesh.parser.until(() => mesh.has(KIND.detach));
    client.socket.resume();
    assert.equal((await client.ended).code, CloseCode.SLOW_CONSUMER);
    other.client.socket.terminate();
  });

  it("ends the sockets of a revoked device and refuses its tokens", async () => {
    const device = "dv_00000000000000rv";
    const { client } = await connect("proto", device);
    mesh.revoke("us_000000000000000a", device);
    assert.equal((await client.ended).code, CloseCode.REVOKED);
    const options = { headers: { authorization: `Bearer ${await mesh.token({ device })}` } };
    assert.equal(await upgradeStatus(webSocketUrl(), ["chat.v1.proto"], options), 401);
  });

  it("passes the calls of auth on", async () => {
    const post = async (path: string, body: string, headers = {}) => {
      const response = await fetch(`${mesh.url}/v1/auth/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      return { status: response.status, body: await response.json() };
    };
    const refused = await post("login", '{"name":"ann","password":"x","address":"1.1.1.1"}');
    assert.deepEqual([refused.status, refused.body.reason], [404, "NOT_FOUND"]);
    assert.deepEqual(mesh.asked.at(-1)?.request, {
      name: "ann",
      password: "x",
      deviceName: "",
      address: "127.0.0.1",
    });
    const authorization = `Bearer ${await mesh.token()}`;
    assert.deepEqual(await post("devices", "{}", { authorization }), { status: 200, body: {} });
    assert.equal((await post("login", "x".repeat(100_000))).status, 413);
    const jwks = await (await fetch(`${mesh.url}/v1/auth/jwks`)).json();
    assert.equal(jwks.keys.length, 1);
  });

  it("is not ready while its parser reaches no session", async () => {
    await mesh.stopParser();
    await mesh.parser.until(({ ups, downs }) => downs.length === ups.length);
    await mesh.startParser(false);
    await mesh.parser.until(({ ups, downs }) => downs.length < ups.length);
    while ((await mesh.missing()) === "no parser");
    assert.equal(await mesh.missing(), "no session");
    mesh.reachSession();
    while ((await mesh.missing()) !== undefined);
  });

  it("is not ready without a parser, and whole again with it: clients stay and are attached", async () => {
    const { client, id } = await connect("proto");
    await mesh.stopParser();
    await mesh.parser.until(({ ups, downs }) => downs.length === ups.length);
    const ready = async () => (await fetch(`${mesh.url}/readyz`)).status;
    while ((await ready()) !== 503);
    const options = { headers: { authorization: `Bearer ${await mesh.token()}` } };
    assert.equal(await upgradeStatus(webSocketUrl(), ["chat.v1.proto"], options), 503);
    client.socket.send(Buffer.from("lost"));
    mesh.parser.frames.length = 0;
    await mesh.startParser();
    await mesh.parser.until(() => mesh.has(KIND.roster));
    mesh.echo();
    client.socket.send(Buffer.from("found"));
    await client.message(1);
    assert.deepEqual(
      mesh.inbound().map(({ origin }) => origin?.connection),
      [id],
    );
    client.socket.terminate();
  });

  /** Writes as soon as the link takes it. */
  function room(write: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const again = () => (write() ? resolve() : void setImmediate(again));
      again();
    });
  }

  /** Pushes to a client that does not read until it is stalled. */
  async function flood(id: number): Promise<void> {
    const data = Buffer.alloc(60_000);
    let flooding = true;
    const more = () => {
      if (!flooding) return;
      mesh.push([id], data, Codec.PROTO);
      setImmediate(more);
    };
    more();
    await mesh.parser
      .until(() => mesh.has(KIND.stalled))
      .finally(() => {
        flooding = false;
      });
  }
});

describe("a gateway that shuts down", () => {
  it("tells its clients, closes those that stay with 4000, and takes no new ones", async () => {
    const mesh = new FakeMesh();
    await mesh.start();
    const token = await mesh.token();
    const url = `ws://127.0.0.1:${mesh.port}/v1/ws?connect=1`;
    const client = new WsClient(url, ["chat.v1.proto", `bearer.${token}`]);
    await client.opened;
    const draining = mesh.gateway?.drain?.(200);
    await mesh.parser.until(() => mesh.drains().length === 1);
    assert.deepEqual(mesh.drains()[0]?.codec, Codec.PROTO);
    await assert.rejects(upgradeStatus(url, ["chat.v1.proto"]), /ECONNREFUSED/);
    assert.equal((await client.ended).code, CloseCode.DRAINING);
    await draining;
    await mesh.stop();
  });

  it("says in one sentence that its port is taken, and leaves nothing open", async () => {
    const first = new FakeMesh();
    await first.start();
    const second = new FakeMesh();
    await assert.rejects(second.start({ httpPort: first.port }), /cannot listen on 127\.0\.0\.1:/);
    await second.stop();
    await first.stop();
  });

  it("closes at once when it is not drained before", async () => {
    const mesh = new FakeMesh();
    await mesh.start();
    const url = `ws://127.0.0.1:${mesh.port}/v1/ws?connect=1`;
    const client = new WsClient(url, ["chat.v1.json", `bearer.${await mesh.token()}`]);
    await client.opened;
    await mesh.stop();
    assert.equal((await client.ended).code, CloseCode.DRAINING);
  });
});
