import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { directId, newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { openLevel } from "../lib/store/level.js";
import type { SessionStore } from "./store.js";
import { changed, gate } from "./testing/changed-store.js";
import { startPair } from "./testing/pair.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

describe("interleavings that lost messages or leaked once", () => {
  let rig: Rig;
  let a: FakeDevice;
  let b: FakeDevice;
  let chat: string;

  async function start(wrap?: (store: SessionStore) => SessionStore): Promise<void> {
    ({ rig, a, b, chat } = await startPair(wrap === undefined ? {} : { wrap }));
  }

  afterEach(() => rig.stop());

  it("does not remember a send whose group was not committed when an earlier group was", async () => {
    let commits = 0;
    await start(
      changed((store) => ({
        commit: async (lease, records) => {
          if (++commits === 2) throw new Error("not written");
          return store.commit(lease, records);
        },
      })),
    );
    const ids: string[] = [];
    for (let n = 1; n <= 6; n++) ids.push(a.send(chat, n, `${n}`.repeat(30_000)));
    for (let n = 7; n <= 12; n++) ids.push(a.send(chat, n, "x".repeat(30_000)));
    await rig.until(() => a.last("busy") !== undefined);
    await rig.settle();
    rig.clock.advance(2_000);
    await rig.settle();
    const sent = a.all("sent").length;
    assert.ok(sent < 12);
    a.received.length = 0;
    const text = sent < 6 ? `${sent + 1}`.repeat(30_000) : "x".repeat(30_000);
    a.send(chat, sent + 1, text, ids[sent]);
    await rig.settle();
    assert.equal(a.last("sent")?.seq, sent + 1);
    await rig.until(() => {
      b.ack(chat, Math.max(...b.seqs));
      return b.seqs.includes(sent + 1);
    });
  });

  it("comes to rest when a device resumes a conversation whose shard has no owner", async () => {
    let refuse = false;
    await start(
      changed((store) => ({
        commit: async (lease, records) => {
          if (refuse) throw new Error("not written");
          return store.commit(lease, records);
        },
      })),
    );
    a.send(chat, 1);
    await rig.settle();
    refuse = true;
    a.send(chat, 2);
    await rig.until(() => a.last("busy") !== undefined);
    refuse = false;
    b.received.length = 0;
    b.attach();
    b.say({ $case: "resume", value: { token: 5 } });
    await rig.settle();
    rig.clock.advance(1_000);
    await rig.settle();
    rig.clock.advance(1_000);
    await rig.until(() => b.seqs.length > 0);
    b.ack(chat, 1);
    await rig.until(() => b.last("caughtUp")?.pending === 0);
  });

  it("counts nothing against a device for a page that came after it had another connection", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    ({ rig, a, b, chat } = await startPair({ kv }));
    b.detach();
    await rig.settle();
    for (let n = 1; n <= 100; n++) a.send(chat, n, "y".repeat(2_000));
    await rig.settle();
    const { user, device } = b;
    await rig.stop();

    const page = gate();
    let reads = 0;
    const wrap = changed((store) => ({
      readEntries: async (...args) => {
        if (++reads === 1) await page.opened;
        return store.readEntries(...args);
      },
    }));
    rig = await Rig.start({ kv, wrap });
    b = Object.assign(rig.device(user), { device }).attach();
    await rig.until(() => reads === 1);
    b.attach();
    page.open();
    await rig.settle();
    for (let acked = 0; acked < 100; ) {
      const next = Math.max(...b.seqs);
      assert.ok(next > acked, `stuck at ${acked}`);
      acked = next;
      b.ack(chat, acked);
      await rig.settle();
    }
    const home = rig.service.home.users.get(user)?.device(device);
    assert.equal(home?.resumeBytes, 0);
  });

  it("reads no page again and again while the link to a device is down", async () => {
    const kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    ({ rig, a, b, chat } = await startPair({ kv }));
    b.detach();
    a.send(chat, 1);
    await rig.settle();
    const { user, device } = b;
    await rig.stop();

    const page = gate();
    let reads = 0;
    const wrap = changed((store) => ({
      readEntries: async (...args) => {
        reads++;
        await page.opened;
        return store.readEntries(...args);
      },
    }));
    rig = await Rig.start({ kv, wrap });
    b = Object.assign(rig.device(user), { device }).attach();
    await rig.until(() => reads === 1);
    rig.toSession({ $case: "gatewayLink", value: { gateway: rig.gateway, up: false } });
    await rig.settle();
    page.open();
    await rig.settle();
    assert.ok(reads <= 2, `${reads} reads`);
    rig.toSession({ $case: "gatewayLink", value: { gateway: rig.gateway, up: true } });
    await rig.settle();
    rig.clock.advance(6_000);
    await rig.until(() => b.seqs.length > 0);
  });

  it("never claims that a device is up to date before it was compared", async () => {
    const list = gate();
    let hold = false;
    await start(
      changed((store) => ({
        compareDevice: async (...args) => {
          if (hold) await list.opened;
          return store.compareDevice(...args);
        },
      })),
    );
    b.detach();
    a.send(chat, 1);
    await rig.settle();
    hold = true;
    b.attach();
    b.say({ $case: "resume", value: { token: 3 } });
    await rig.settle();
    rig.clock.advance(7_000);
    await rig.settle();
    assert.deepEqual(b.all("caughtUp"), []);
    list.open();
    await rig.until(() => b.seqs.length === 1);
    b.ack(chat, 1);
    b.say({ $case: "resume", value: { token: 3 } });
    await rig.until(() => b.last("caughtUp")?.pending === 0);
  });

  it("tells what is pending after 5 s although the client repeats its Resume", async () => {
    await start();
    b.detach();
    a.send(chat, 1);
    await rig.settle();
    b.attach();
    for (let second = 0; second < 12; second++) {
      if (second % 4 === 0) b.say({ $case: "resume", value: { token: 3 } });
      await rig.settle();
      rig.clock.advance(1_000);
      await rig.settle();
    }
    assert.equal(b.all("caughtUp")[0]?.pending, 1);
  });

  it("can evict a conversation whose reader left with an entry in flight", async () => {
    await start();
    a.send(chat, 1);
    await rig.until(() => b.seqs.length === 1);
    a.ack(chat, 1);
    b.detach();
    for (let i = 0; i < 100; i++) {
      rig.clock.advance(1_000);
      await rig.settle();
    }
    const conversation = rig.service.conversations.loaded.get(chat);
    assert.equal(conversation?.open, false);
    assert.equal(conversation?.idle, true);
  });

  it("forgets cursors to announce with the conversation they belong to", async () => {
    await start(
      changed((store) => ({
        commit: async (lease, records) => {
          if (records.some((record) => record.kind === "entry" && record.seq === 2)) {
            throw new Error("not written");
          }
          return store.commit(lease, records);
        },
      })),
    );
    a.send(chat, 1);
    await rig.until(() => b.seqs.length === 1);
    a.send(chat, 2);
    // The cursor rises in the iteration in which the shard is lost.
    const shard = rig.service.shards[
      rig.service.conversations.loaded.get(chat)?.shard ?? 0
    ] as (typeof rig.service.shards)[number];
    const conversation = rig.service.conversations.loaded.get(chat);
    const device = rig.service.home.users.get(b.user)?.devices[0];
    assert.ok(conversation && device);
    rig.service.delivery.acknowledge(conversation, device, 1);
    shard.lose(new Error("fenced"));
    rig.service.advances.flush();
    assert.equal(rig.service.advances.unconfirmed, 0);
  });

  for (let ticks = 0; ticks < 8; ticks++) {
    it(`knows a member as the user who attaches, ${ticks} microtasks beside a failed load`, async () => {
      const loads = gate();
      let held = "";
      await start(
        changed((store) => ({
          loadConversation: async (id) => {
            if (held === "") return store.loadConversation(id);
            const found = await store.loadConversation(id);
            await loads.opened;
            for (let i = 0; id === chat && i < ticks; i++) await undefined;
            return found;
          },
        })),
      );
      a.send(chat, 1);
      await rig.until(() => b.seqs.length === 1);
      b.detach();
      await rig.settle();
      const conversation = rig.service.conversations.loaded.get(chat);
      const shard = rig.service.shards[conversation?.shard ?? 0];
      shard?.lose(new Error("fenced"));
      held = chat;
      rig.clock.advance(1_000);
      await rig.settle();
      // Acknowledgements that outlived their connection: of a conversation that is there, and of none.
      b.ack(chat, 1);
      b.ack(directId(b.user, newId("us")), 1);
      await rig.until(() => rig.service.conversations.loading === 2);
      loads.open();
      await rig.settle();
      held = "";
      b.attach();
      await rig.settle();
      const member = rig.service.conversations.loaded.get(chat)?.member(b.user);
      assert.ok(member !== undefined);
      assert.ok(member.home === rig.service.home.users.get(b.user));
    });
  }

  it("forgets the device of a command that outlived its connection", async () => {
    await start();
    const c = rig.device(newId("us"));
    c.connection = rig.nextConnection(c);
    const other = directId(c.user, newId("us"));
    c.say({
      $case: "fetchHistory",
      value: { request: 1, conversation: other, before: 0, limit: 0 },
    });
    await rig.until(() => c.last("failed") !== undefined);
    assert.equal(rig.service.home.users.get(c.user), undefined);
  });
});
