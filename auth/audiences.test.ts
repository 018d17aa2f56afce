import assert from "node:assert/strict";
import { systemClock } from "../lib/clock.js";
import { FakeClock } from "../lib/fake-clock.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import { openLevel } from "../lib/store/level.js";
import { Audiences, type Told } from "./audiences.js";
import { nothingSaid, type PrivacyStore } from "./privacy-store.js";
import { createPrivacyStore } from "./privacy-store-level.js";

describe("who hides what from whom, told from the beginning", () => {
  const clock = new FakeClock();
  const users = Array.from({ length: 600 }, () => newId("us")).sort();
  const contacts = Array.from({ length: 50 }, () => newId("us")).sort();
  let kv: KeyValueStore;
  let store: PrivacyStore;
  let reads: number;

  beforeEach(async () => {
    kv = await openLevel({ directory: "memory", log: silentLogger, clock: systemClock });
    store = createPrivacyStore(counting(kv));
    const settings = { ...nothingSaid("").settings, online: "contacts" } as const;
    const add = { list: "contacts", peers: contacts.map((user) => ({ user, atMs: 1 })) } as const;
    const said = (user: string) => ({ ...nothingSaid(user), settings, version: 1 });
    await Promise.all(users.map((user) => store.replacePrivacy(said(user), 0, { add })));
    reads = 0;
  });
  afterEach(() => kv.close());

  function counting(from: KeyValueStore): KeyValueStore {
    const counted = <A, R>(read: (asked: A) => R) => {
      return (asked: A) => {
        reads++;
        return read(asked);
      };
    };
    return {
      generation: from.generation,
      get: counted(from.get.bind(from)),
      range: counted(from.range.bind(from)),
      write: from.write.bind(from),
      close: from.close.bind(from),
    };
  }

  it("takes a few reads of many users each (it took several per user)", async () => {
    const audiences = new Audiences({ store, clock });
    const told: Told[] = [];
    for await (const some of audiences.watch(new AbortController().signal)) {
      told.push(some);
      if (some.complete) break;
    }
    audiences.close();
    const rules = told.flatMap((some) => some.rules);
    assert.deepEqual(
      rules.map(({ user }) => user),
      users,
    );
    assert.ok(rules.every((rule) => rule.contacts.join() === contacts.join()));
    assert.ok(told.length > 2 && told.length < 12, String(told.length));
    assert.equal(reads, told.length);
  });

  it("ends quietly when the watcher leaves while what comes next cannot be read", async () => {
    let asked = 0;
    const failing: PrivacyStore = {
      ...store,
      listHiding: (after, bytesMax) =>
        asked++ === 0 ? store.listHiding(after, bytesMax) : Promise.reject(new Error("gone")),
    };
    const audiences = new Audiences({ store: failing, clock });
    for await (const { rules } of audiences.watch(new AbortController().signal)) {
      assert.ok(rules.length > 0);
      break;
    }
    assert.equal(asked, 2);
    audiences.close();
  });
});
