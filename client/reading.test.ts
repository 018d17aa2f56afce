import assert from "node:assert/strict";
import { Receipt } from "../gen/chat/client/v1/receipts.js";
import { Reading } from "./reading.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const ID = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";
const GROUP = "gr_aaaaaaaaaaaaaaaa";

describe("asking for ticks of a group", () => {
  it("ends when none is to come, and begins again with a change of the group or a connection", () => {
    const record = newConversation(GROUP);
    record.newestOwn = 2;
    record.group = { version: 3, name: "hikers" };
    const reading = new Reading(record);
    const told = (settledVersion: number) => {
      const receipt = Receipt.fromPartial({ conversation: GROUP, settledVersion });
      reading.receipt(receipt, new Recorder());
      return reading.wantsPull();
    };
    assert.equal(reading.wantsPull(), true);
    assert.equal(told(3), false);
    record.group.version = 4;
    assert.equal(reading.wantsPull(), true, "somebody has joined");
    assert.equal(told(3), true, "that was said before he did");
    assert.equal(told(0), true);
    assert.equal(told(4), false);
    reading.attach(0);
    assert.equal(reading.wantsPull(), true, "what was told last time may be old");
    assert.equal(told(4), false);
    record.newestForeign = 5;
    assert.equal(reading.wantsPull(), true, "something is unread");
  });
});

describe("ticks of one's own messages", () => {
  it("are not claimed for what the other one never gets because a Receipt was overtaken", () => {
    const record = newConversation(ID);
    const reading = new Reading(record);
    const out = new Recorder();
    const exceptRanges = [{ from: 2, through: 3 }];
    const tell = (told: Partial<Receipt>) =>
      reading.receipt(Receipt.fromPartial({ conversation: ID, read: 1, ...told }), out);
    tell({ delivered: 4, exceptRanges });
    tell({ delivered: 1 });
    assert.deepEqual([record.delivered, record.exceptRanges], [4, exceptRanges]);
    assert.deepEqual(out.names(), ["tick"]);
    tell({ delivered: 4 });
    assert.deepEqual(record.exceptRanges, []);
  });

  it("stay where they were shown, whatever is said not to be claimed later: a blue one went back to ✓", () => {
    const record = newConversation(ID);
    const reading = new Reading(record);
    const out = new Recorder();
    const tell = (told: Partial<Receipt>) =>
      reading.receipt(Receipt.fromPartial({ conversation: ID, ...told }), out);
    tell({ delivered: 2, read: 2 });
    const ranges = [{ from: 1, through: 4 }];
    tell({ delivered: 4, read: 4, exceptRanges: ranges, unreadRanges: ranges });
    const above = [{ from: 3, through: 4 }];
    assert.deepEqual([record.exceptRanges, record.unreadRanges], [above, above]);
    tell({ delivered: 6, read: 6, exceptRanges: ranges, unreadRanges: ranges });
    assert.deepEqual([record.exceptRanges, record.unreadRanges], [above, above]);
  });

  it("are told again when others of them will never be blue", () => {
    const record = newConversation(GROUP);
    const reading = new Reading(record);
    const out = new Recorder();
    const unreadRanges = [{ from: 2, through: 3 }];
    const told = Receipt.fromPartial({ conversation: GROUP, delivered: 3, read: 3, unreadRanges });
    for (let i = 0; i < 2; i++) reading.receipt(told, out);
    assert.deepEqual(record.unreadRanges, unreadRanges);
    reading.receipt({ ...told, unreadRanges: [] }, out);
    assert.deepEqual(out.names(), ["tick", "tick"]);
  });
});
