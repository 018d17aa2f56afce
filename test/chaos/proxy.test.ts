import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import { until } from "../until.js";
import { FaultProxy, type Place } from "./proxy.js";

/** Says everything back. */
class Echo {
  readonly pieces: number[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: Server = createServer((socket) => {
    this.sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (piece: Buffer) => {
      this.pieces.push(piece.length);
      socket.write(piece);
    });
  });

  async listen(place: object): Promise<Place> {
    await new Promise<void>((resolve) => this.#server.listen(place, resolve));
    const address = this.#server.address();
    if (typeof address === "string") return { path: address };
    return { host: "127.0.0.1", port: address?.port ?? 0 };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

class Caller {
  readonly socket: Socket;
  got = Buffer.alloc(0);
  ended = false;
  failed = false;

  constructor(place: Place) {
    this.socket = connect({ ...place, noDelay: true });
    this.socket.on("data", (piece: Buffer) => {
      this.got = Buffer.concat([this.got, piece]);
    });
    this.socket.on("error", () => {
      this.failed = true;
    });
    this.socket.on("close", () => {
      this.ended = true;
    });
  }

  hears(text: string): Promise<void> {
    return until(`an echo of ${text.length} bytes`, () => this.got.toString() === text);
  }
}

for (const kind of ["tcp", "unix"] as const) {
  describe(`the fault proxy (${kind})`, () => {
    let directory: string;
    let echo: Echo;
    let proxy: FaultProxy;
    let place: Place;
    const callers: Caller[] = [];
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), "proxy-"));
      echo = new Echo();
      const at = (name: string) =>
        kind === "tcp" ? { host: "127.0.0.1", port: 0 } : { path: join(directory, name) };
      const target = await echo.listen(at("echo"));
      place =
        kind === "tcp"
          ? { host: "127.0.0.1", port: await freePort() }
          : { path: join(directory, "proxy") };
      proxy = await FaultProxy.start({ name: "p", listen: place, target, random: () => 0.5 });
    });
    afterEach(async () => {
      for (const caller of callers.splice(0)) caller.socket.destroy();
      await proxy.close();
      await echo.close();
      await rm(directory, { recursive: true });
    });
    const call = () => {
      const caller = new Caller(place);
      callers.push(caller);
      return caller;
    };

    it("passes everything on, and the end too", async () => {
      const caller = call();
      const text = "abc".repeat(200_000);
      caller.socket.write(text);
      await caller.hears(text);
      caller.socket.end();
      await until("the end", () => caller.ended);
      assert.ok(!caller.failed);
      await until("no connection to be left", () => proxy.connections === 0);
    });

    it("slices, merges and delays without changing a byte", async () => {
      proxy.set({ sliceBytes: 1, latencyMs: 5, jitterMs: 10 }, ["up"]);
      proxy.set({ mergeMs: 20, bytesPerSecond: 100_000 }, ["down"]);
      const caller = call();
      const text = Array.from({ length: 300 }, (_, i) => `${i},`).join("");
      for (const word of text.match(/.{1,7}/g) ?? []) caller.socket.write(word);
      await caller.hears(text);
      assert.ok(echo.pieces.length > 100, `only ${echo.pieces.length} pieces`);
    });

    it("swallows nothing in a hole: it comes when the hole is closed", async () => {
      const caller = call();
      caller.socket.write("a");
      await caller.hears("a");
      proxy.set({ hole: true }, ["up"]);
      caller.socket.write("b");
      const other = call();
      other.socket.write("c");
      await until("both to be connected", () => proxy.connections === 2);
      assert.deepEqual(echo.pieces, [1]);
      proxy.calm();
      await caller.hears("ab");
      await other.hears("c");
    });

    it("resets after so many bytes of each connection, not one more", async () => {
      proxy.set({ resetAfterBytes: 5 }, ["up"]);
      const caller = call();
      caller.socket.write("0123456789");
      await until("the reset", () => caller.ended);
      assert.equal(
        echo.pieces.reduce((sum, length) => sum + length, 0),
        5,
      );
      proxy.calm();
      const next = call();
      next.socket.write("0123456789");
      await next.hears("0123456789");
    });

    it("counts from the order on, for connections that were there before", async () => {
      const caller = call();
      caller.socket.write("0123456789");
      await caller.hears("0123456789");
      proxy.set({ resetAfterBytes: 3 }, ["up"]);
      caller.socket.write("0123456789");
      await until("the reset", () => caller.ended);
      assert.equal(
        echo.pieces.reduce((sum, length) => sum + length, 0),
        13,
      );
    });

    it("loses what was said, and then cuts the connection off", async () => {
      const caller = call();
      caller.socket.write("a");
      await caller.hears("a");
      proxy.set({ lost: true }, ["down"]);
      caller.socket.write("b");
      await until("the word to arrive", () => echo.pieces.length === 2);
      proxy.calm();
      await until("the end", () => caller.ended);
      assert.equal(caller.got.toString(), "a");
    });

    it("leaves one end alone without its knowing", async () => {
      const caller = call();
      caller.socket.write("a");
      await caller.hears("a");
      proxy.halfOpen("client");
      await until("the server to know", () => echo.sockets[0]?.destroyed === true);
      caller.socket.write("b");
      assert.equal(proxy.orphans, 1);
      assert.ok(!caller.ended);
      caller.socket.destroy();
      await until("the orphan to be gone", () => proxy.orphans === 0);
    });

    it("refuses new connections, or takes them and says nothing", async () => {
      proxy.door("refusing");
      const refused = call();
      await until("the refusal", () => refused.ended);
      proxy.door("silent");
      const silent = call();
      await once(silent.socket, "connect");
      silent.socket.write("a");
      await until("it to be taken", () => proxy.orphans === 1);
      assert.equal(echo.sockets.length, 0);
      proxy.calm();
      const welcome = call();
      welcome.socket.write("b");
      await welcome.hears("b");
    });
  });
}
