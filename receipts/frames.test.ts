import assert from "node:assert/strict";
import fc from "fast-check";
import {
  Advance,
  ConfirmBatch,
  type ConfirmFrame,
  CursorQuery,
  InfoQuery,
} from "../gen/chat/receipts/v1/receipts.js";
import { WireError, WireReader } from "../lib/wire/reader.js";
import { Conversation } from "./conversation.js";
import { merge } from "./cursors.js";
import {
  AdvanceFields,
  decodeCursorQuery,
  decodeInfoQuery,
  minimaOf,
  writeAllConfirmed,
  writeConfirmed,
  writeCursors,
  writeInfo,
} from "./frames.js";
import { FakeLink } from "./testing/fake-link.js";
import { ab, ann, bob } from "./testing/setup.js";

const GROUP = "gr_aaaaaaaaaaaaaaaa";
const number = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

function batchOf(kind: ConfirmFrame["kind"]): Buffer {
  return Buffer.from(ConfirmBatch.encode({ frames: [{ kind }] }).finish());
}

function reader(bytes: Uint8Array): WireReader {
  return new WireReader().reset(Buffer.from(bytes));
}

/** Ann has received `d` and read `r`; Bob has nothing. */
function conversationAt(
  d: number,
  r: number,
  conversation = new Conversation(ab, [ann, bob]),
): Conversation {
  const at = { deliveredAtMs: 1, readAtMs: 2 };
  merge(conversation.cursors, { user: ann, delivered: d, read: r, ...at });
  return conversation;
}

describe("frames of the receipts link", () => {
  it("Confirmed and Cursors are byte for byte what the generated codec writes", () => {
    fc.assert(
      fc.property(number, number, number, (d, r, request) => {
        const conversation = conversationAt(d, r);
        const minima = minimaOf(conversation);
        const link = new FakeLink();
        const common = {
          conversation: ab,
          delivered: Math.max(d, r),
          read: r,
          deliveredMinimum: minima.delivered,
          readMinimum: minima.read,
        };
        assert(writeConfirmed(link, conversation, ann, minima));
        const confirmed = { user: ann, ...common, users: [] };
        assert.deepEqual(link.bytes(), batchOf({ $case: "confirmed", value: confirmed }));
        assert(writeCursors({ link, request, user: ann, members: [] }, conversation, minima));
        const cursors = { request, ...common, users: [] };
        assert.deepEqual(link.bytes(), batchOf({ $case: "cursors", value: cursors }));
      }),
    );
  });

  it("of a group have no minima, and Cursors has those of who is named", () => {
    fc.assert(
      fc.property(number, number, number, (d, r, request) => {
        const conversation = conversationAt(d, r, new Conversation(GROUP, "trusted"));
        const minima = minimaOf(conversation);
        const link = new FakeLink();
        const delivered = Math.max(d, r);
        const none = { deliveredMinimum: undefined, readMinimum: undefined };
        const common = { conversation: GROUP, delivered, read: r, ...none };
        assert(writeAllConfirmed(link, conversation, [{ user: ann }, { user: bob }]));
        const users = [
          { user: ann, delivered, read: r },
          { user: bob, delivered: 0, read: 0 },
        ];
        const confirmed = { ...common, user: "", delivered: 0, read: 0, users };
        assert.deepEqual(link.bytes(), batchOf({ $case: "confirmed", value: confirmed }));
        const question = { link, request, user: ann, members: [ann, bob] };
        assert(writeCursors(question, conversation, minima));
        const cursors = { request, ...common, users: [{ user: ann, delivered, read: r }] };
        assert.deepEqual(link.bytes(), batchOf({ $case: "cursors", value: cursors }));
      }),
    );
  });

  it("Info is byte for byte what the generated codec writes", () => {
    const members = fc.array(
      fc.record({
        user: fc.constantFrom(ann, bob),
        deliveredAtUnixMs: number,
        readAtUnixMs: number,
      }),
    );
    fc.assert(
      fc.property(number, fc.option(members, { nil: undefined }), (request, list) => {
        const link = new FakeLink();
        assert(writeInfo(link, request, list));
        const value = { request, members: list ?? [], busy: list === undefined };
        assert.deepEqual(link.bytes(), batchOf({ $case: "info", value }));
      }),
    );
  });

  it("are not written where the link has no room", () => {
    const link = new FakeLink();
    link.room = false;
    const conversation = conversationAt(1, 0);
    const minima = minimaOf(conversation);
    assert.equal(writeConfirmed(link, conversation, ann, minima), false);
    assert.equal(writeAllConfirmed(link, conversation, [{ user: ann }]), false);
    const question = { link, request: 1, user: ann, members: [] };
    assert.equal(writeCursors(question, conversation, minima), false);
    assert.equal(writeInfo(link, 1, undefined), false);
    assert.equal(link.bytes().length, 0);
  });

  it("from sessions are read as the generated codec wrote them", () => {
    fc.assert(
      fc.property(number, number, number, number, (request, head, delivered, read) => {
        const advance = { conversation: ab, head, user: ann, delivered, read };
        const bytes = Advance.encode({ ...advance, atUnixMs: 77, moves: [] }).finish();
        // Fields of an earlier frame must not shine through.
        const fields = Object.assign(new AdvanceFields(), { head: 9, delivered: 9, read: 9 });
        const single = { ...advance, atMs: 77, count: 0, users: [] };
        assert.deepEqual({ ...fields.decode(reader(bytes)) }, single);
        const moves = [
          { user: ann, delivered, read },
          { user: bob, delivered: read, read: 0 },
        ];
        const group = { conversation: GROUP, head, user: "", delivered: 0, read: 0 };
        const many = Advance.encode({ ...group, atUnixMs: 77, moves }).finish();
        const all = { ...group, atMs: 77, count: 2, users: moves };
        assert.deepEqual({ ...fields.decode(reader(many)) }, all);
        assert.equal(fields.decode(reader(bytes)).count, 0);
        const query = { request, conversation: ab, head, user: bob, members: [ann, bob] };
        assert.deepEqual(decodeCursorQuery(reader(CursorQuery.encode(query).finish())), query);
        const info = {
          request,
          conversation: ab,
          head,
          seq: delivered,
          author: ann,
          members: [bob],
        };
        assert.deepEqual(decodeInfoQuery(reader(InfoQuery.encode(info).finish())), info);
      }),
    );
  });

  it("made of random bytes are read or refused, and nothing else happens", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const decoders = [
          (r: WireReader) => new AdvanceFields().decode(r),
          decodeCursorQuery,
          decodeInfoQuery,
        ];
        for (const decode of decoders) {
          try {
            decode(reader(bytes));
          } catch (error) {
            assert(error instanceof WireError);
          }
        }
      }),
    );
  });
});
