import assert from "node:assert/strict";
import { NackReason } from "../gen/chat/client/v1/delivery.js";
import type { GroupChange } from "../gen/chat/client/v1/groups.js";
import { Conversation } from "./conversation.js";
import { newConversation } from "./store.js";
import { Recorder } from "./testing/recorder.js";

const GROUP = "gr_aaaaaaaaaaaaaaaa";
const ANN = "us_aaaaaaaaaaaaaaaa";

/** A device in a group; its entry at each seq is the change to that version. */
function setUp() {
  const reader = { me: "us_b", apply: () => {}, request: () => 1 };
  const conversation = new Conversation(newConversation(GROUP), [], reader);
  const out = new Recorder();
  conversation.attach(0);
  const of = (seq: number) => ({
    seq,
    sender: ANN,
    clientMessageId: `id-${seq}`,
    atUnixMs: 1,
  });
  const entry = (version: number, kind: GroupChange["kind"]) => ({
    ...of(version),
    content: undefined,
    change: { version, kind },
  });
  return {
    known: () => conversation.record.group,
    deliver: (version: number, kind: GroupChange["kind"]) =>
      conversation.deliver(
        { conversation: GROUP, after: version - 1, entry: entry(version, kind) },
        0,
        out,
      ),
    placeholder: (seq: number) =>
      conversation.placeholder(
        { conversation: GROUP, after: seq - 1, reason: NackReason.UNDECODABLE, ...of(seq) },
        0,
        out,
      ),
    replace: (version: number, kind: GroupChange["kind"]) =>
      conversation.replace({ conversation: GROUP, entry: entry(version, kind) }, out),
  };
}

const named = (name: string): GroupChange["kind"] => ({ $case: "renamed", value: { name } });
const revoked: GroupChange["kind"] = { $case: "linkChanged", value: { active: false } };

describe("a change of a group that takes the place of its placeholder", () => {
  it("sets neither name nor version back", () => {
    const { known, deliver, placeholder, replace } = setUp();
    placeholder(1);
    deliver(2, named("newer"));
    deliver(3, revoked);
    replace(1, named("older"));
    assert.deepEqual(known(), { version: 3, name: "newer" });
  });

  it("tells the name where none is known", () => {
    const { known, deliver, placeholder, replace } = setUp();
    placeholder(1);
    deliver(2, revoked);
    replace(1, named("club"));
    assert.deepEqual(known(), { version: 2, name: "club" });
  });
});
