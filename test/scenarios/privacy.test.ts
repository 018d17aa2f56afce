import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { newId } from "../../lib/ids.js";
import { newCouple } from "../couple.js";
import type { Mesh } from "../mesh.js";
import { acknowledge, attach, call, type Device, register, sendText } from "../people.js";
import { setBlock, setPrivacy } from "../privacy.js";
import type { RawClient } from "../protocol.js";
import { onEveryTopology } from "../topologies.js";
import { until } from "../until.js";
import { lookAt, presenceServes } from "../watching.js";

const RELATIONS = ["stranger", "contact", "blocked"] as const;
const WHO = ["EVERYONE", "CONTACTS", "NOBODY"] as const;

type Relation = (typeof RELATIONS)[number];

/** Who sees, by relation and setting. */
const SEES: Readonly<Record<Relation, readonly (typeof WHO)[number][]>> = {
  stranger: ["EVERYONE"],
  contact: ["EVERYONE", "CONTACTS"],
  blocked: [],
};

async function see(viewer: RawClient, user: string): Promise<string> {
  const { online, lastSeenUnixMs } = await lookAt(viewer, user);
  return online ? "online" : lastSeenUnixMs > 0 ? "last seen" : "nothing";
}

/** Clients that have the app open, and say so as long as somebody looks. */
let awake: readonly RawClient[] = [];

async function becomes(viewer: RawClient, user: string, wanted: string): Promise<void> {
  await until(`${wanted} to be seen`, async () => {
    for (const client of awake) client.send("foreground", { automatic: true });
    return (await see(viewer, user)) === wanted;
  });
}

async function addContact(mesh: Mesh, by: Device, contact: Device): Promise<void> {
  const body = { requestId: randomUUID(), contacts: [contact.user] };
  assert.equal((await call(mesh, "contacts/add", body, by.accessToken)).status, 200);
}

/** Somebody who is online, and one viewer of each relation to him, who is online, too. */
async function cast(mesh: Mesh) {
  const star = await register(mesh, "star");
  const [stranger, contact, blocked] = (await Promise.all(
    RELATIONS.map((name) => register(mesh, name)),
  )) as [Device, Device, Device];
  const devices = { stranger, contact, blocked };
  await addContact(mesh, star, contact);
  await setBlock(mesh, star, blocked, true);
  const shown = await attach(mesh, star);
  shown.send("foreground", { automatic: false });
  const viewers = {} as Record<Relation, RawClient>;
  for (const relation of RELATIONS) {
    viewers[relation] = await attach(mesh, devices[relation]);
    viewers[relation].send("foreground", { automatic: false });
  }
  awake = [shown, ...Object.values(viewers)];
  await becomes(viewers.stranger, star.user, "online");
  for (const relation of ["contact", "blocked"] as const) {
    await becomes(viewers.stranger, devices[relation].user, "online");
  }
  return { star, shown, viewers, devices };
}

onEveryTopology("privacy", (scope) => {
  before(() => presenceServes(scope.mesh));

  it("shows presence to those for whom it is, and who hides his sees nobody's", async () => {
    const { mesh } = scope;
    const { star, shown, viewers, devices } = await cast(mesh);
    for (const who of WHO) {
      await setPrivacy(mesh, star, {
        online: `VISIBILITY_${who}`,
        lastSeen: `VISIBILITY_${who}`,
      });
      for (const relation of RELATIONS) {
        const sees = SEES[relation].includes(who);
        const wanted = sees ? "online" : "nothing";
        await becomes(viewers[relation], star.user, wanted);
        await becomes(shown, devices[relation].user, wanted);
      }
    }
    // Of the two only what is hidden is: who hides that he is online shows when he was.
    await setPrivacy(mesh, star, { online: "VISIBILITY_NOBODY", lastSeen: "VISIBILITY_EVERYONE" });
    await becomes(viewers.stranger, star.user, "last seen");
    await becomes(viewers.blocked, star.user, "nothing");
  });

  it("tells who watches when somebody hides, without being asked", async () => {
    const { mesh } = scope;
    const { star, viewers } = await cast(mesh);
    const { contact } = viewers;
    /** What was pushed last, while everybody stays where he is. */
    const pushed = (wanted: string) =>
      until(`${wanted} to be pushed`, () => {
        for (const client of awake) client.send("foreground", { automatic: true });
        const frames = contact.received.flatMap(({ $case, value }) => {
          return $case === "presence" && value.user === star.user ? [value] : [];
        });
        const last = frames.at(-1);
        return last?.request === 0 && (last.online ? "online" : "nothing") === wanted;
      });
    assert.equal(await see(contact, star.user), "online");
    await setPrivacy(mesh, star, { online: "VISIBILITY_NOBODY", lastSeen: "VISIBILITY_NOBODY" });
    await pushed("nothing");
    await setPrivacy(mesh, star, { online: "VISIBILITY_CONTACTS" });
    await pushed("online");
  });

  it("answers one who is blocked, byte for byte, as about somebody who was never seen", async () => {
    const { mesh } = scope;
    const { star, viewers } = await cast(mesh);
    const never = await register(mesh, "never");
    const answerOf = async (user: string) => {
      const { request: _, user: about, ...rest } = await lookAt(viewers.blocked, user);
      assert.equal(about, user);
      return rest;
    };
    assert.deepEqual(await answerOf(star.user), await answerOf(never.user));
  });

  it("shows what somebody says about himself to those for whom it is, after a restart, too", async () => {
    const { mesh } = scope;
    const { star, devices } = await cast(mesh);
    const text = "Up in the mountains 🏔";
    const write = { requestId: randomUUID(), text };
    assert.equal((await call(mesh, "about/set", write, star.accessToken)).status, 200);
    const read = ({ accessToken }: Device, user = star.user) =>
      call<object>(mesh, "about/get", { user }, accessToken);
    const nothing = await read(devices.stranger, newId("us"));
    assert.deepEqual(nothing, { status: 200, body: {} });
    const check = async (who: (typeof WHO)[number]) => {
      for (const relation of RELATIONS) {
        const sees = SEES[relation].includes(who);
        const wanted = sees ? { status: 200, body: { text } } : nothing;
        assert.deepEqual(await read(devices[relation]), wanted, `${relation}, ${who}`);
      }
      assert.deepEqual((await read(star)).body, { text });
    };
    for (const who of WHO) {
      await setPrivacy(mesh, star, { about: `VISIBILITY_${who}` });
      await check(who);
    }
    await setPrivacy(mesh, star, { about: "VISIBILITY_CONTACTS" });
    await mesh.restart("auth", "SIGKILL");
    await check("CONTACTS");
  });

  it("holds while presence and auth are killed and come back", async () => {
    const { mesh } = scope;
    const { star, devices } = await cast(mesh);
    await setPrivacy(mesh, star, { online: "VISIBILITY_NOBODY", lastSeen: "VISIBILITY_NOBODY" });
    const before = awake;
    awake = [];
    for (const client of before) await client.close();
    await mesh.restart("auth", "SIGKILL");
    if (mesh.topology === "processes") await mesh.restart("presence", "SIGKILL");
    const [again, shown, other] = await Promise.all([
      attach(mesh, devices.contact),
      attach(mesh, star),
      attach(mesh, devices.stranger),
    ]);
    shown.send("foreground", { automatic: false });
    other.send("foreground", { automatic: false });
    awake = [shown, other];
    await becomes(again, devices.stranger.user, "online");
    assert.equal(await see(again, star.user), "nothing");
  });

  it("tells neither of two what the other has read while one has that off", async () => {
    const { mesh } = scope;
    const { alice, bob, alicesDevice, bobsDevice, conversation } = await newCouple(mesh);
    const read = async (reader: RawClient, seq: number) => {
      reader.send("read", { conversation, seq, automatic: false });
      await reader.expect("receipt", ({ ownRead }) => ownRead === seq);
    };
    const pulled = async (client: RawClient, delivered: number) => {
      for (;;) {
        client.send("pullReceipts", { conversations: [conversation] });
        const receipt = await client.expect("receipt");
        if (receipt.delivered >= delivered) return receipt.read;
      }
    };
    sendText(alice, { conversation, number: 1, text: "one" });
    await bob.expect("deliver");
    await read(bob, 1);
    await alice.expect("receipt", (receipt) => receipt.read === 1);
    await setPrivacy(mesh, alicesDevice, { readReceipts: "SWITCH_OFF" });
    sendText(alice, { conversation, number: 2, text: "two" });
    await bob.expect("deliver");
    await read(bob, 2);
    assert.equal(await pulled(alice, 2), 1);
    sendText(bob, { conversation, number: 1, text: "three" });
    await alice.expect("deliver");
    acknowledge(bob, conversation, 3);
    await read(alice, 3);
    assert.equal(await pulled(bob, 3), 0);
    for (const client of [alice, bob]) await client.close();
    await mesh.restart("session", "SIGKILL");
    const later = await attach(mesh, bobsDevice);
    assert.equal(await pulled(later, 3), 0);
    await setPrivacy(mesh, alicesDevice, { readReceipts: "SWITCH_ON" });
    // Answers to earlier questions may come first.
    await until("what is read to be told", async () => (await pulled(later, 3)) === 3);
  });
});
