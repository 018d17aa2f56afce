import assert from "node:assert/strict";
import { limits } from "./limits.js";

/** Generous size of one item that holds a conversation's id, a number and a mark. */
const ITEM_BYTES = 64;
/**
 * Ids, numbers, tags and lengths around the content of a Send, a Deliver, or a Command in a batch.
 */
const AROUND_BYTES = 1024;

describe("limits", () => {
  it("leave room around a message's content in every frame that holds it", () => {
    assert.ok(limits.textBytesMax + AROUND_BYTES <= limits.contentBytesMax);
    assert.ok(limits.contentBytesMax + AROUND_BYTES <= limits.frameBytesMax);
    assert.ok(limits.answerBytesMax + AROUND_BYTES <= limits.frameBytesMax);
    assert.ok(limits.contentBytesMax <= limits.answerBytesMax);
  });

  it("let every page fit into one frame", () => {
    assert.ok(limits.basesPageMax * ITEM_BYTES <= limits.frameBytesMax);
    assert.ok(limits.conversationsPageMax * ITEM_BYTES <= limits.frameBytesMax);
    assert.ok(limits.pullConversationsMax * ITEM_BYTES <= limits.frameBytesMax);
    assert.ok(limits.historyPageDefault <= limits.historyPageMax);
    assert.ok(limits.conversationsPageDefault <= limits.conversationsPageMax);
  });

  it("let every frame fit into a batch, and every batch into a gRPC message", () => {
    assert.ok(2 * limits.frameBytesMax <= limits.batchBytesMax);
    assert.ok(limits.rosterChunkMax * 2 * ITEM_BYTES <= limits.batchBytesMax);
    assert.ok(2 * limits.batchBytesMax <= limits.grpcMessageBytesMax);
  });

  it("let a link hold some batches before its least important class is refused", () => {
    assert.ok(2 * limits.batchBytesMax <= limits.linkQueueBytesMax / 8);
  });

  it("give the less important classes no larger windows, and P0 none", () => {
    const [p0, ...others] = limits.linkWindowFrames;
    assert.equal(p0, 0);
    assert.equal(others.length, 4);
    for (const [i, window] of others.entries()) {
      assert.ok(window >= 2 && window <= (others[i - 1] ?? window));
    }
  });

  it("let a shard hold several commits, and a commit several messages", () => {
    assert.ok(4 * limits.commitEntriesMax <= limits.shardPendingMax);
    assert.ok(4 * limits.commitBytesMax <= limits.shardPendingBytesMax);
    assert.ok(4 * limits.frameBytesMax <= limits.commitBytesMax);
    assert.ok(limits.sendsInFlightMax <= limits.loadWaitersMax);
  });

  it("keep in memory what a device may lack", () => {
    assert.ok(limits.windowEntries <= limits.tailEntries);
    assert.ok(limits.tailEntries <= limits.segmentEntries);
    assert.ok(limits.contentBytesMax <= limits.tailBytes);
    assert.ok(limits.contentBytesMax <= limits.resumeBytes);
  });

  it("order the times of repeating, flushing and giving up", () => {
    assert.ok(limits.probeFirstMs < limits.probeMaxMs);
    assert.ok(limits.caughtUpMs <= limits.probeFirstMs);
    assert.ok(limits.probeFirstMs < limits.announceMs);
    assert.ok(limits.announceMs < limits.gatewayGoneMs);
    assert.ok(limits.cursorFlushMs < limits.attentionMs);
    // What waits for presence while that hangs keeps nobody online for much longer than his lease.
    assert.ok(limits.presenceHangMs < limits.foregroundMs);
  });

  it("never change the number of shards: stored data depends on it", () => {
    assert.equal(limits.shards, 256);
  });
});
