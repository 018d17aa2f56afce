import assert from "node:assert/strict";
import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { newId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { silentLogger } from "../lib/log.js";
import { StoreError } from "../lib/store/kv.js";
import { everyone } from "./audience.js";
import { Events } from "./events.js";
import { Rules } from "./rules.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

describe("presence of those who hide", () => {
  let rig: Rig;
  afterEach(() => rig.stop());

  it("is that of nobody, and nothing of him is read", async () => {
    const hidden = newId("us");
    rig = await Rig.start({ audience: { ...everyone, maySee: (_, user) => user !== hidden } });
    const asked: string[] = [];
    const lastSeen = rig.store.lastSeen.bind(rig.store);
    rig.store.lastSeen = (user) => {
      asked.push(user);
      return lastSeen(user);
    };
    const bob = rig.device();
    rig.active(hidden);
    await rig.pass(2);
    bob.watch(hidden);
    await rig.settle();
    assert.deepEqual(bob.heard(), ["nothing"]);
    assert.deepEqual([asked.length, asked.includes(hidden)], [1, false]);
    rig.active(hidden);
    await rig.pass(10);
    assert.deepEqual(bob.heard(), []);
  });

  it("takes a watch as anybody's does: the bounds do not tell who hides", async () => {
    const hidden = newId("us");
    rig = await Rig.start({ audience: { ...everyone, maySee: (_, user) => user !== hidden } });
    const bob = rig.device();
    bob.watch(hidden);
    for (let i = 1; i < limits.watchesPerConnection; i++) bob.watch(newId("us"));
    await rig.settle();
    bob.heard();
    bob.watch(newId("us"));
    assert.deepEqual(bob.heard(), [`failed ${FailReason.TOO_MANY}`]);
    await rig.pass(31);
    for (let i = 0; i < limits.watchesPerConnection; i++) bob.watch(newId("us"));
    await rig.settle();
    bob.heard();
    bob.watch(hidden);
    assert.deepEqual(bob.heard(), [`failed ${FailReason.TOO_MANY}`]);
  });

  it("shows to each watcher what he may see", async () => {
    const friend = newId("us");
    rig = await Rig.start({
      audience: {
        ...everyone,
        maySee: (viewer, _, what) => viewer === friend || what === "lastSeen",
      },
    });
    const ann = rig.device();
    const near = rig.device(friend);
    const far = rig.device();
    near.watch(ann.user);
    far.watch(ann.user);
    await rig.settle();
    rig.told();
    ann.open();
    await rig.pass(1);
    for (const one of [near, far]) one.watch(ann.user);
    const told = rig.told().map(({ connections, kind }) => {
      return [connections, kind.$case === "presence" && kind.value.online];
    });
    // One is told at once that she is online, the other when he asks again.
    assert.deepEqual(told, [
      [[near.connection], true],
      [[near.connection], true],
      [[far.connection], false],
    ]);
  });
});

describe("the answers about those who hide, and those whom nobody saw", () => {
  const { EVERYONE, NOBODY } = Visibility;
  let rules: Rules;
  let rig: Rig;
  let bob: FakeDevice;
  let control: string;

  beforeEach(async () => {
    rules = new Rules({ bytesMax: 1024 * 1024, events: new Events(silentLogger) });
    rules.begin();
    rules.take([], true);
    rig = await Rig.start({ audience: rules });
    bob = rig.device();
    control = newId("us");
    bob.watch(control);
    await rig.settle();
    bob.heard();
  });
  afterEach(() => rig.stop());

  let version = 0;
  const set = (user: string, change: Partial<AudienceRule>) => {
    const open = { lastSeen: EVERYONE, online: EVERYONE, contacts: [], blocked: [] };
    rules.take([{ user, version: ++version, ...open, ...change }], false);
  };

  /** Whom the answers are about, in their order, when `viewers` ask in one go about somebody and about the control, who is known. */
  async function order(target: string, ...viewers: FakeDevice[]): Promise<string[]> {
    for (const viewer of viewers) {
      viewer.watch(target);
      viewer.watch(control);
    }
    await rig.settle();
    return rig.told().map(({ connections, kind }) => {
      if (kind.$case !== "presence") return `${connections} ${kind.$case}`;
      const { user, online, lastSeenUnixMs } = kind.value;
      return `${connections} ${user === target ? "target" : "control"} ${online} ${lastSeenUnixMs}`;
    });
  }

  const targets = [
    ["one who hides", { lastSeen: NOBODY, online: NOBODY }],
    ["one who blocks", { blocked: ["bob"] }],
    ["one who hides when he was last seen, and is offline", { lastSeen: NOBODY }],
  ] as const;
  for (const [name, change] of targets) {
    for (const how of ["in memory", "in the store only", "being watched already"]) {
      it(`come in the same order, with ${name} ${how}`, async () => {
        const tablet = rig.device(bob.user);
        const [hidden, never] = [newId("us"), newId("us")];
        const blocked = "blocked" in change ? [bob.user] : [];
        set(hidden, { ...change, blocked });
        rig.active(hidden);
        await rig.pass(2);
        if (how === "in the store only") rig.restart();
        if (how === "being watched already") {
          const eve = rig.device();
          for (const user of [hidden, never]) eve.watch(user);
        }
        bob.watch(control);
        tablet.watch(control);
        await rig.settle();
        rig.told();
        const expected = await order(never, bob, tablet);
        assert.equal(expected.length, 4);
        // The known one first: nothing is said of the other before the store was read.
        assert.match(expected[0] ?? "", /control/);
        assert.deepEqual(await order(hidden, bob, tablet), expected);
        // And of what is renewed, at once.
        assert.match((await order(never, bob))[0] ?? "", /target/);
        assert.match((await order(hidden, bob))[0] ?? "", /target/);
      });
    }
  }

  it("do not say whether one who hides when he was last seen has opened the app", async () => {
    const [opened, not] = [rig.device(), rig.device()];
    for (const { user } of [opened, not]) set(user, { lastSeen: NOBODY });
    rig.active(opened.user, not.user);
    await rig.pass(2);
    rig.restart();
    opened.open();
    await rig.pass(2);
    opened.leave();
    await rig.pass(20);
    bob.watch(control);
    await rig.settle();
    rig.told();
    assert.deepEqual(await order(opened.user, bob), await order(not.user, bob));
  });

  it("fail alike when the store cannot be read, at first and when they are asked for again", async () => {
    const [hidden, never] = [newId("us"), newId("us")];
    set(hidden, { lastSeen: NOBODY, online: NOBODY });
    const lastSeen = rig.store.lastSeen.bind(rig.store);
    rig.store.lastSeen = () => Promise.reject(new StoreError("io", "the disk is gone"));
    for (let i = 0; i < 2; i++) {
      for (const user of [hidden, never]) bob.watch(user);
      await rig.settle();
      assert.deepEqual(bob.heard(), Array(2).fill(`failed ${FailReason.BUSY}`));
    }
    rig.store.lastSeen = lastSeen;
    for (const user of [hidden, never]) bob.watch(user);
    await rig.settle();
    rig.store.lastSeen = () => Promise.reject(new StoreError("io", "the disk is gone"));
    for (const user of [hidden, never]) bob.watch(user);
    assert.deepEqual(bob.heard(), Array(4).fill("nothing"));
  });

  it("do not tell them apart when who asks has hidden himself and shows himself again", async () => {
    const [blocks, never] = [newId("us"), newId("us")];
    set(blocks, { blocked: [bob.user] });
    set(bob.user, { lastSeen: NOBODY, online: NOBODY });
    await order(blocks, bob);
    await order(never, bob);
    set(bob.user, {});
    assert.deepEqual(await order(never, bob), await order(blocks, bob));
  });
});
