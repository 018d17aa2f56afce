import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Advance,
  Confirmed,
  CursorQuery,
  Cursors,
  Info,
  InfoQuery,
  ReceiptsService,
} from "../gen/chat/receipts/v1/receipts.js";
import { systemClock as clock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import { RpcError } from "../lib/errors.js";
import type { Dialer, Link } from "../lib/link/link.js";
import { Recorder } from "../lib/link/recorder.js";
import { silentLogger as log } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import { StoreError } from "../lib/store/kv.js";
import { openLevel } from "../lib/store/level.js";
import { readReceiptsConfig } from "./config.js";
import { startReceipts } from "./module.js";
import { ab, ann, bob } from "./testing/setup.js";

/** The arms of the link. */
const CONFIRMED = 2;
const ADVANCE = 2;
const CURSORS = 3;
const CURSOR_QUERY = 3;
const INFO = 4;
const INFO_QUERY = 4;

const network = createNetwork({ instance: "session-1", boot: "bt_session", clock, log });
const addresses = {
  "a local address": () => `local:r${randomBytes(4).toString("hex")}`,
  "a Unix socket": () => `unix:${join(tmpdir(), `rc-${randomBytes(6).toString("hex")}.sock`)}`,
};

for (const [name, newAddress] of Object.entries(addresses)) {
  describe(`the receipts module on ${name}`, () => {
    let directory: string;
    let address: string;
    let module: Module | undefined;
    let dialer: Dialer | undefined;
    beforeEach(async () => {
      address = newAddress();
      directory = await mkdtemp(join(tmpdir(), "receipts-"));
    });
    afterEach(async () => {
      dialer?.close();
      await module?.stop();
      module = undefined;
      await rm(directory, { recursive: true });
    });

    const start = (boot: string): Promise<Module> => {
      const config = readReceiptsConfig({
        CHAT_RECEIPTS_LISTEN: address,
        CHAT_RECEIPTS_DIRECTORY: directory,
      });
      return startReceipts({ config, network, clock, log, boot });
    };
    const dial = async (): Promise<Recorder> => {
      const session = new Recorder();
      dialer = network.dial(address, linkContract("chat.receipts.v1.Receipts"), session);
      await session.until(() => session.ups.length > 0);
      return session;
    };

    it("confirms what it was told and still has it after a restart", async () => {
      module = await start("bt_1");
      let session = await dial();
      const at = { conversation: ab, head: 9, user: bob, atUnixMs: 1_000 };
      write(
        session.link,
        ADVANCE,
        Advance.encode({ ...at, delivered: 7, read: 0, moves: [] }).finish(),
      );
      await session.until(() => session.frames.length === 1);
      assert.equal(session.frames[0]?.kind, CONFIRMED);
      const confirmed = Confirmed.decode(session.frames[0]?.body ?? Buffer.alloc(0));
      assert.deepEqual([confirmed.user, confirmed.delivered, confirmed.read], [bob, 7, 0]);
      assert.equal(confirmed.deliveredMinimum?.withoutLowest, 7);

      dialer?.close();
      await module.stop();
      module = await start("bt_2");
      session = await dial();
      const query = { request: 5, conversation: ab, head: 9, user: bob, members: [] };
      write(session.link, CURSOR_QUERY, CursorQuery.encode(query).finish());
      const info = { request: 6, conversation: ab, head: 9, seq: 7, author: ann, members: [] };
      write(session.link, INFO_QUERY, InfoQuery.encode(info).finish());
      await session.until(() => session.frames.length === 2);
      const bodyOf = (kind: number) => {
        return session.frames.find((frame) => frame.kind === kind)?.body ?? Buffer.alloc(0);
      };
      assert.equal(Cursors.decode(bodyOf(CURSORS)).delivered, 7);
      assert.deepEqual(Info.decode(bodyOf(INFO)).members, [
        { user: bob, deliveredAtUnixMs: 1_000, readAtUnixMs: 0 },
      ]);
    });

    it("lists the cursors of a conversation to who asks", async () => {
      module = await start("bt_1");
      const session = await dial();
      const client = network.client(address, ReceiptsService, { deadlineMs: 5_000 });
      const empty = await client.getCursors({ conversation: ab, head: 0 });
      assert.deepEqual(empty.users, []);
      const at = { conversation: ab, head: 9, user: bob, atUnixMs: 1_000 };
      write(
        session.link,
        ADVANCE,
        Advance.encode({ ...at, delivered: 0, read: 8, moves: [] }).finish(),
      );
      await session.until(() => session.frames.length === 1);
      const { users } = await client.getCursors({ conversation: ab, head: 0 });
      assert.deepEqual(users, [{ user: bob, delivered: 8, read: 8 }]);
      const wrong = client.getCursors({ conversation: "dm_", head: 0 });
      await assert.rejects(wrong, RpcError);
      client.close();
    });

    it("leaves its directory to others when it cannot listen", async () => {
      module = await start("bt_1");
      const other = await mkdtemp(join(tmpdir(), "receipts-"));
      const config = readReceiptsConfig({
        CHAT_RECEIPTS_LISTEN: address,
        CHAT_RECEIPTS_DIRECTORY: other,
      });
      await assert.rejects(startReceipts({ config, network, clock, log, boot: "bt_2" }));
      const kv = await openLevel({ directory: other, log, clock });
      await kv.close();
      await rm(other, { recursive: true });
    });

    it("says so when another process has its directory", async () => {
      module = await start("bt_1");
      const locked = (error: unknown) => error instanceof StoreError && error.failure === "locked";
      await assert.rejects(start("bt_2"), locked);
    });
  });
}

function write(link: Link, kind: number, body: Uint8Array): void {
  const writer = link.begin(kind, body.length);
  assert(writer);
  writer.raw(body);
  link.end();
}
