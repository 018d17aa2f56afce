import assert from "node:assert/strict";
import { Advance } from "../gen/chat/receipts/v1/receipts.js";
import { FakeClock } from "../lib/fake-clock.js";
import type { Link } from "../lib/link/link.js";
import { WireWriter } from "../lib/wire/writer.js";
import { Advances } from "./advances.js";
import { Conversation, type OwnedMember } from "./conversation.js";

describe("what receipts is told of cursors", () => {
  const setUp = () => {
    const clock = new FakeClock();
    const advances = new Advances(clock, 5);
    let announced = 0;
    const link = {
      begin: () => new WireWriter(),
      end: () => announced++,
    } as unknown as Link;
    advances.up(link);
    const conversation = new Conversation("dm_x", 0);
    const rise = (member: OwnedMember) => {
      member.read++;
      advances.rose(conversation, member);
      advances.flush();
    };
    return { clock, advances, rise, announced: () => announced };
  };

  it("is told at once after quiet, then once per pace and member, with the newest", () => {
    const { clock, rise, announced } = setUp();
    const [a, b] = [member("us_a"), member("us_b")];
    rise(a);
    assert.equal(announced(), 1);
    for (let i = 0; i < 10; i++) {
      rise(a);
      rise(b);
    }
    assert.equal(announced(), 1);
    clock.advance(5);
    assert.equal(announced(), 3);
    clock.advance(5);
    rise(a);
    assert.equal(announced(), 4);
  });

  it("is told of large groups rarer, and of the others meanwhile as before", () => {
    const { clock, advances, rise, announced } = setUp();
    const large = new Conversation("gr_aaaaaaaaaaaaaaaa", 0);
    for (let i = 0; i < 40; i++) large.enter(member(`us_${i}`));
    const riseAll = () => {
      for (const one of large.members) {
        one.read++;
        advances.rose(large, one);
      }
      advances.flush();
    };
    riseAll();
    assert.equal(announced(), 1, "at once after quiet, all in one frame");
    riseAll();
    rise(member("us_a"));
    assert.equal(announced(), 2);
    clock.advance(39);
    riseAll();
    assert.equal(announced(), 2);
    clock.advance(1);
    assert.equal(announced(), 3);
  });

  it("is told of a group by one frame, which is what the generated codec writes", () => {
    const advances = new Advances(new FakeClock(5), 5);
    const out = new WireWriter();
    advances.up({ begin: () => out, end() {} } as unknown as Link);
    const group = new Conversation("gr_aaaaaaaaaaaaaaaa", 0);
    group.head = 9;
    for (const user of ["us_a", "us_b"]) {
      const one = Object.assign(member(user), { delivered: 7, read: 6 });
      group.enter(one);
      advances.rose(group, one);
    }
    advances.flush();
    const moves = group.members.map(({ user }) => ({ user, delivered: 7, read: 6 }));
    const none = { user: "", delivered: 0, read: 0 };
    const value = { conversation: group.id, head: 9, ...none, atUnixMs: 5, moves };
    assert.deepEqual(out.take(), Buffer.from(Advance.encode(value).finish()));
  });

  it("is told the rest when the service stops", () => {
    const { advances, rise, announced } = setUp();
    const a = member("us_a");
    rise(a);
    rise(a);
    advances.flushNow();
    assert.equal(announced(), 2);
  });
});

function member(user: string): OwnedMember {
  const confirmed = { confirmedDelivered: 0, confirmedRead: 0, delivered: 0, read: 0 };
  return { user, intervals: [], announcing: false, ...confirmed } as unknown as OwnedMember;
}
