import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import { Leases } from "./leases.js";
import { NONE, Users } from "./users.js";

describe("leases of devices that have the app open", () => {
  const users = new Users(10_000, () => false);
  let leases: Leases;
  let user: number;
  const phone = newId("dv");
  const tablet = newId("dv");

  beforeEach(() => {
    leases = new Leases(users, 4_000);
    user = users.take(newId("us"));
  });

  it("run until their time, and no longer", () => {
    leases.hold(user, phone, 100);
    assert.equal(leases.runs(user, 99), true);
    assert.equal(leases.runs(user, 100), false);
    leases.hold(user, phone, 200);
    assert.equal(leases.runs(user, 199), true);
    assert.equal(leases.size, 1);
  });

  it("of several devices merge: one that ends ends nothing of the others", () => {
    leases.hold(user, phone, 100);
    leases.hold(user, tablet, 150);
    assert.equal(leases.count(user, 50), 2);
    leases.end(user, tablet);
    assert.equal(leases.runs(user, 99), true);
    leases.end(user, phone);
    assert.equal(leases.runs(user, 50), false);
    assert.equal(users.lease[user], NONE);
  });

  it("of more devices than are remembered forget the one that said so longest ago", () => {
    const devices = Array.from({ length: 9 }, () => newId("dv"));
    devices.forEach((device, i) => {
      assert.equal(leases.hold(user, device, 100 + i), true);
    });
    assert.equal(leases.count(user, 0), 8);
    leases.end(user, devices[0] as string);
    assert.equal(leases.count(user, 0), 8);
  });

  it("are forgotten when they ran out, and their room is used again", () => {
    const all = Array.from({ length: 3_000 }, () => users.take(newId("us")));
    all.forEach((one, i) => {
      leases.hold(one, phone, i % 2 ? 100 : 300);
    });
    leases.sweep(200);
    assert.equal(leases.size, 1_500);
    assert.equal(users.lease[all[1] as number], NONE);
    assert.equal(leases.runs(all[0] as number, 200), true);
    for (let i = 0; i < 2_500; i++) {
      assert.equal(leases.hold(users.take(newId("us")), phone, 400), true);
    }
    assert.equal(leases.size, 4_000);
    assert.equal(leases.hold(users.take(newId("us")), phone, 400), false);
  });
});
