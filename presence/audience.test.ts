import assert from "node:assert/strict";
import { type AudienceRule, Visibility } from "../gen/chat/auth/v1/privacy.js";
import { silentLogger } from "../lib/log.js";
import { Events } from "./events.js";
import { Rules } from "./rules.js";
import { type FakeDevice, Rig } from "./testing/rig.js";

const { EVERYONE, NOBODY } = Visibility;

describe("a change of who may see presence", () => {
  let rules: Rules;
  let rig: Rig;
  let ann: FakeDevice;
  let bob: FakeDevice;
  let eve: FakeDevice;
  let version = 0;

  /** Auth tells what somebody has set. */
  const set = (of: FakeDevice, change: Partial<AudienceRule> = {}) => {
    const open = { lastSeen: EVERYONE, online: EVERYONE, contacts: [], blocked: [] };
    rules.take([{ user: of.user, version: ++version, ...open, ...change }], false);
  };
  const hide = (of: FakeDevice) => set(of, { lastSeen: NOBODY, online: NOBODY });
  /** What each is told by itself within the second: nobody asks. */
  const told = async () => {
    await rig.pass(1);
    const all = rig.told().map(({ connections, kind }) => {
      assert.equal(kind.$case === "presence" && kind.value.request, 0);
      const seen = kind.$case === "presence" && kind.value.online ? "online" : "nothing";
      return connections.map((connection) => `${names.get(connection)}: ${seen}`);
    });
    return all.flat().sort();
  };
  let names: Map<number, string>;

  beforeEach(async () => {
    rules = new Rules({ bytesMax: 1024 * 1024, events: new Events(silentLogger) });
    rules.begin();
    rules.take([], true);
    rig = await Rig.start({ audience: rules });
    [ann, bob, eve] = [rig.device(), rig.device(), rig.device()];
    names = new Map([
      [ann.connection, "ann"],
      [bob.connection, "bob"],
      [eve.connection, "eve"],
    ]);
    for (const one of [ann, bob, eve]) one.open();
    await rig.settle();
    for (const viewer of [bob, eve]) viewer.watch(ann.user);
    ann.watch(bob.user);
    await rig.settle();
    rig.told();
  });
  afterEach(() => rig.stop());

  it("is told to who watches, both ways and once", async () => {
    hide(ann);
    assert.deepEqual(await told(), ["ann: nothing", "bob: nothing", "eve: nothing"]);
    assert.deepEqual(await told(), []);
    set(ann);
    assert.deepEqual(await told(), ["ann: online", "bob: online", "eve: online"]);
  });

  it("is told to nobody else", async () => {
    set(ann, { blocked: [bob.user] });
    assert.deepEqual(await told(), ["ann: nothing", "bob: nothing"]);
    hide(eve);
    assert.deepEqual(await told(), ["eve: nothing"]);
  });

  it("is told once of many within a second, and not at all when they come to nothing", async () => {
    hide(ann);
    set(ann);
    hide(ann);
    assert.deepEqual(await told(), ["ann: nothing", "bob: nothing", "eve: nothing"]);
    set(ann);
    hide(ann);
    assert.deepEqual(await told(), []);
  });

  it("is told when auth comes back and tells other things than before", async () => {
    hide(ann);
    assert.equal((await told()).length, 3);
    rules.begin();
    const same = { lastSeen: NOBODY, online: NOBODY, contacts: [], blocked: [] };
    rules.take([{ user: ann.user, version, ...same }], true);
    assert.deepEqual(await told(), []);
    rules.begin();
    rules.take([], true);
    assert.deepEqual(await told(), ["ann: online", "bob: online", "eve: online"]);
  });

  it("shows one who was hidden all the time, and of whom nothing was read", async () => {
    const carl = rig.device();
    rig.active(carl.user);
    hide(carl);
    await rig.pass(1);
    rig.restart();
    assert.equal(await rig.answer(bob, carl), "nothing");
    set(carl);
    await rig.pass(2);
    assert.deepEqual(bob.heard(), ["seen -3"]);
  });
});
