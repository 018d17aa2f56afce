import assert from "node:assert/strict";
import { Receipt } from "../gen/chat/client/v1/receipts.js";
import { Reading } from "./reading.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const ID = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";

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
});
