import assert from "node:assert/strict";
import { connect } from "node:net";
import fc from "fast-check";
import { FakeMesh } from "./testing/fake-mesh.js";
import { WsClient } from "./testing/ws-client.js";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

describe("bytes that are no WebSocket", () => {
  const mesh = new FakeMesh();
  before(() => mesh.start());
  after(() => mesh.stop());

  /**
   * Sends a request over TCP and, once it is answered, hangs up or sends `next`; gives what came back. Frames are sent
   * behind the answer only: the server drops what comes together with the upgrade.
   */
  const talk = (request: Buffer | string, next?: Buffer) =>
    new Promise<string>((resolve) => {
      const socket = connect(mesh.port, "127.0.0.1", () => socket.write(request));
      let answer = "";
      let answered = false;
      socket.on("data", (data) => {
        answer += data.toString("latin1");
        if (answered || !answer.includes("\r\n\r\n")) return;
        answered = true;
        if (next === undefined) socket.destroy();
        else socket.write(next);
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(answer));
    });
  const alive = async () => (await fetch(`${mesh.url}/healthz`)).status === 200;

  const upgrade = async (headers: Record<string, string> = {}) => {
    const all: Record<string, string> = {
      Host: "x",
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": KEY,
      "Sec-WebSocket-Protocol": `chat.v1.proto, bearer.${await mesh.token()}`,
      ...headers,
    };
    const lines = Object.entries(all).filter(([, value]) => value !== "");
    const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return `GET /v1/ws?connect=1 HTTP/1.1\r\n${text}\r\n`;
  };

  const requests: [string, () => Promise<string> | string, RegExp][] = [
    ["a good upgrade", () => upgrade(), /^HTTP\/1\.1 101 /],
    ["no key", () => upgrade({ "Sec-WebSocket-Key": "" }), /^HTTP\/1\.1 426 /],
    ["a short key", () => upgrade({ "Sec-WebSocket-Key": "abc" }), /^HTTP\/1\.1 (400|426) /],
    ["an old version", () => upgrade({ "Sec-WebSocket-Version": "8" }), /^HTTP\/1\.1 426 /],
    ["no upgrade header", () => upgrade({ Upgrade: "" }), /^HTTP\/1\.1 426 /],
    [
      "a header line without end",
      () => `GET /v1/ws HTTP/1.1\r\nX-Long: ${"x".repeat(200_000)}`,
      /^(HTTP\/1\.1 4|$)/,
    ],
    ["no HTTP at all", () => "\x16\x03\x01\x02\x00\x01\r\n\r\n", /^(HTTP\/1\.1 [45]|$)/],
    ["another HTTP version", () => "GET / HTTP/3.9\r\n\r\n", /^(HTTP\/1\.1 [45]|$)/],
    [
      "a body of no length",
      () => "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
      /^(HTTP\/1\.1 4|$)/,
    ],
    [
      "two lengths",
      () =>
        "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      /^(HTTP\/1\.1 4|$)/,
    ],
  ];
  for (const [what, request, expected] of requests) {
    it(`answers ${what} and lives on`, async () => {
      assert.match(await talk(await request()), expected);
      assert.ok(await alive());
    });
  }

  /** A client frame: first byte as given, masked with zeros unless told otherwise. */
  const frame = (first: number, payload: Buffer, masked = true) => {
    const length =
      payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
    length[0] = (length[0] as number) | (masked ? 0x80 : 0);
    return Buffer.concat([
      Buffer.from([first, ...length, ...(masked ? [0, 0, 0, 0] : [])]),
      payload,
    ]);
  };
  const frames: [string, Buffer][] = [
    ["a reserved bit", frame(0xc2, Buffer.from("x"))],
    ["a reserved opcode", frame(0x83, Buffer.from("x"))],
    ["a reserved control opcode", frame(0x8b, Buffer.from("x"))],
    ["a fragmented ping", frame(0x09, Buffer.from("x"))],
    ["a ping that is too long", frame(0x89, Buffer.alloc(126))],
    ["a continuation of nothing", frame(0x80, Buffer.from("x"))],
    ["a close code nobody may send", frame(0x88, Buffer.from([0x03, 0xed]))],
    ["a close of one byte", frame(0x88, Buffer.from([0x03]))],
    ["text that is not UTF-8", frame(0x81, Buffer.from([0xff, 0xfe]))],
    ["a length beyond all bounds", Buffer.from("82ffffffffffffffffff00000000", "hex")],
  ];
  for (const [what, bytes] of frames) {
    it(`ends a socket that sends ${what}, and lives on`, async () => {
      mesh.parser.frames.length = 0;
      assert.match(await talk(await upgrade(), bytes), /^HTTP\/1\.1 101 /);
      assert.deepEqual(mesh.inbound(), []);
      assert.ok(await alive());
    });
  }

  it("survives any bytes behind an upgrade, cut off anywhere", async () => {
    const request = Buffer.from(await upgrade());
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(), async (junk, cut) => {
        const bytes = Buffer.concat([request, junk]);
        const until = cut % 3 === 0 ? bytes.length : cut % bytes.length;
        await new Promise<void>((resolve) => {
          const socket = connect(mesh.port, "127.0.0.1", () =>
            socket.end(bytes.subarray(0, until)),
          );
          socket.on("error", () => undefined);
          socket.on("close", () => resolve());
          socket.resume();
        });
      }),
      { numRuns: 60 },
    );
    const url = `ws://127.0.0.1:${mesh.port}/v1/ws?connect=1`;
    const client = new WsClient(url, ["chat.v1.proto", `bearer.${await mesh.token()}`]);
    await client.opened;
    client.socket.terminate();
  });
});
