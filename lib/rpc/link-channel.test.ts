import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Http2Server } from "node:http2";
import { createServer as createSocketServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { asIs } from "./grpc-options.js";
import { LinkChannel } from "./link-channel.js";

/** Counts the connections that are open, and answers every stream with headers. */
class Peer {
  readonly sockets = new Set<Socket>();
  readonly #http2: Http2Server = createServer();
  readonly #server = createSocketServer((socket) => {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    this.#http2.emit("connection", socket);
  });

  constructor() {
    this.#http2.on("stream", (stream) => {
      stream.on("error", () => undefined);
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
    });
  }

  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.#server, "close");
  }
}

function stream(client: Client, waitForReady: boolean) {
  const metadata = new Metadata({ waitForReady });
  const call = client.makeBidiStreamRequest("/a/b", asIs, asIs, metadata, {});
  call.on("error", () => undefined);
  call.on("data", () => undefined);
  return call;
}

function ended(call: ReturnType<typeof stream>): Promise<StatusObject> {
  return new Promise((resolve) => call.on("status", resolve));
}

describe("the channel of a dialler", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-link-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("leaves no connection behind that an attempt before the peer was there makes when it is", async () => {
    const path = join(directory, "peer.sock");
    const channel = new LinkChannel(`unix:${path}`);
    const first = channel.take();
    for (let attempt = 1; attempt <= 3; attempt++) {
      const client = attempt === 1 ? first : channel.take();
      assert.equal(
        client,
        first,
        "closed, it would connect all the same, and nobody would close that",
      );
      assert.equal((await ended(stream(client, false))).code, status.UNAVAILABLE);
      channel.release(client);
    }
    const peer = new Peer();
    await peer.listen(path);
    const client = channel.take();
    assert.ok(channel.isTrying(client));
    const call = stream(client, true);
    await once(call, "metadata");
    assert.equal(peer.sockets.size, 1);
    call.cancel();
    await ended(call);
    channel.release(client);
    const [socket] = peer.sockets;
    if (socket && !socket.destroyed) await once(socket, "close");
    assert.notEqual(channel.take(), first, "the next stream has a connection of its own");
    await peer.stop();
  });

  it("does not wait for an attempt that hangs: a stream that is given up is followed by a fresh one", async () => {
    const path = join(directory, "hangs.sock");
    const channel = new LinkChannel(`unix:${path}`);
    const first = channel.take();
    await ended(stream(first, false));
    channel.release(first);
    assert.equal(channel.take(), first);
    channel.abandon(first);
    const peer = new Peer();
    await peer.listen(path);
    const next = channel.take();
    assert.notEqual(next, first);
    const call = stream(next, false);
    await once(call, "metadata");
    call.cancel();
    await ended(call);
    channel.abandon(next);
    await peer.stop();
  });

  it("keeps a bounded number of attempts, and takes the oldest again", async () => {
    const channel = new LinkChannel(`unix:${join(directory, "never.sock")}`);
    const all = new Set<Client>();
    for (let attempt = 1; attempt <= 8; attempt++) {
      const client = channel.take();
      all.add(client);
      await ended(stream(client, false));
      channel.abandon(client);
    }
    assert.equal(all.size, 4);
    for (const client of all) client.close();
  });
});
