import assert from "node:assert/strict";
import { silentLogger } from "../lib/log.js";
import { newCursor } from "./cursors.js";
import { Events } from "./events.js";
import { Infos } from "./infos.js";
import { membersOf } from "./members.js";
import { FakeLink } from "./testing/fake-link.js";
import { RowsStore } from "./testing/rows-store.js";
import { ab, ann, bob, eve, settled } from "./testing/setup.js";

const query = { request: 3, conversation: ab, head: 9, seq: 2, author: ann, members: [] };
const busy = { $case: "info", value: { request: 3, members: [], busy: true } };

describe("a question for an entry's receipts", () => {
  let store: RowsStore;
  let link: FakeLink;
  let events: Events;
  let infos: Infos;
  beforeEach(async () => {
    store = new RowsStore();
    link = new FakeLink();
    events = new Events(silentLogger);
    infos = new Infos({ store, events, membersOf, scansMax: 1, questionsMax: 1 });
    const moves = [{ ...newCursor(bob), read: 2, readAtMs: 60 }];
    await store.commit([
      { conversation: ab, segment: 0, flush: 1, writer: "bt_1", full: true, moves },
    ]);
  });

  it("is answered for every member but the author", async () => {
    infos.ask(query, link);
    await settled();
    const members = [{ user: bob, deliveredAtUnixMs: 60, readAtUnixMs: 60 }];
    assert.deepEqual(link.frames(), [
      { $case: "info", value: { request: 3, members, busy: false } },
    ]);
  });

  it("is answered in a group for those whom the owner names", async () => {
    const conversation = "gr_aaaaaaaaaaaaaaaa";
    const moves = [ann, bob, eve].map((user) => ({ ...newCursor(user), read: 2, readAtMs: 60 }));
    await store.commit([{ conversation, segment: 0, flush: 1, writer: "bt_1", full: true, moves }]);
    infos.ask({ ...query, conversation, members: [ann, bob] }, link);
    await settled();
    const [frame] = link.frames();
    assert(frame?.$case === "info");
    assert.deepEqual(
      frame.value.members.map(({ user }) => user),
      [bob],
    );
  });

  it("is answered busy when too many wait", async () => {
    infos.ask({ ...query, request: 1 }, link);
    infos.ask({ ...query, request: 2 }, link);
    infos.ask(query, link);
    assert.deepEqual(link.frames(), [busy]);
    await settled();
    const answers = link.frames().map((f) => f.$case === "info" && [f.value.request, f.value.busy]);
    assert.deepEqual(answers, [
      [1, false],
      [2, false],
    ]);
    assert.equal(store.readingMax, 1);
  });

  it("is answered busy when the store cannot be read", async () => {
    store.broken = true;
    infos.ask(query, link);
    await settled();
    assert.deepEqual(link.frames(), [busy]);
    assert.equal(events.counts.storeErrors, 1);
  });

  it("that makes no sense is ignored", async () => {
    infos.ask({ ...query, seq: 0 }, link);
    infos.ask({ ...query, seq: 10 }, link);
    infos.ask({ ...query, conversation: "gr_1" }, link);
    await settled();
    assert.deepEqual([link.frames(), events.counts.invalid], [[], 3]);
  });

  it("that still waits at the end is answered busy", async () => {
    infos.ask({ ...query, request: 1 }, link);
    infos.ask(query, link);
    await infos.stop();
    const frames = link.frames();
    assert.equal(frames.length, 2);
    assert.deepEqual(frames[0], busy);
  });
});
