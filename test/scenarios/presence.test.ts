import assert from "node:assert/strict";
import { runAdmin } from "../../app/admin-program.js";
import { TypingKind } from "../../gen/chat/client/v1/presence.js";
import { clientFrames } from "../../lib/contract.js";
import { directId, newId } from "../../lib/ids.js";
import { newCouple } from "../couple.js";
import { change } from "../groups.js";
import type { Mesh } from "../mesh.js";
import { attach, call, type Device, register, sendText } from "../people.js";
import type { RawClient } from "../protocol.js";
import { onEveryTopology, onTopology } from "../topologies.js";
import { until } from "../until.js";
import { lookAt, presenceServes, storedActivity } from "../watching.js";

let requests = 0;

/** Waits until everything that a connection has sent so far has been read by the parser. */
async function fence(client: RawClient): Promise<void> {
  const nonce = ++requests;
  client.send("ping", { nonce });
  await client.expect("pong", (pong) => pong.nonce === nonce);
}

onEveryTopology("presence", (scope) => {
  before(() => presenceServes(scope.mesh));

  it("tells a watcher that somebody opens the app and closes it", async () => {
    const { alice, bob, bobsDevice } = await newCouple(scope.mesh);
    const before = await lookAt(alice, bobsDevice.user);
    assert.deepEqual([before.online, before.lastSeenUnixMs], [false, 0]);
    bob.send("foreground", { automatic: false });
    await alice.expect("presence", ({ user, online }) => user === bobsDevice.user && online);
    bob.send("background", {});
    const after = await alice.expect("presence", ({ online }) => !online);
    assert.ok(after.lastSeenUnixMs > 0);
    assert.equal(after.lastSeenUnixMs % 1000, 0);
  });

  it("speaks JSON, too", async () => {
    const { alice, bob, bobsDevice, alicesDevice } = await newCouple(scope.mesh, "json");
    alice.send("foreground", { automatic: false });
    await until("alice to be online", async () => {
      return (await lookAt(bob, alicesDevice.user)).online;
    });
    bob.send("foreground", { automatic: false });
    await until("bob to be online", async () => (await lookAt(alice, bobsDevice.user)).online);
  });

  it("is right again after presence was killed, and messages did not notice", async () => {
    const { mesh } = scope;
    const { alice, bob, bobsDevice, conversation } = await newCouple(mesh);
    bob.send("foreground", { automatic: false });
    await until("bob to be online", async () => (await lookAt(alice, bobsDevice.user)).online);
    const { user } = bobsDevice;
    const stored = await storedActivity(mesh, user);
    if (mesh.topology === "processes") {
      await mesh.kill("presence");
      for (let number = 1; number <= 20; number++) {
        sendText(alice, { conversation, number, text: `no. ${number}` });
        await alice.expect("sent");
        await bob.expect("deliver");
      }
      await mesh.start("presence");
    } else {
      await mesh.restart("presence", "SIGTERM");
    }
    const [viewer, again] = await Promise.all([
      attach(mesh, await register(mesh)),
      attach(mesh, bobsDevice, { connect: 1_000 }),
    ]);
    await until("presence to answer", async () => {
      return (await lookAt(viewer, user)).lastSeenUnixMs === stored.at(-1);
    });
    again.send("foreground", { automatic: true });
    await until("bob to be online", async () => (await lookAt(viewer, bobsDevice.user)).online);
  });
});

onTopology(
  "processes",
  "presence that hangs",
  (scope) => {
    it("holds no message up, and is right again when it goes on", async () => {
      const { mesh } = scope;
      const { alice, bob, bobsDevice, conversation } = await newCouple(mesh);
      mesh.pause("presence");
      // More than a link takes: frames about presence pile up, and then are dropped.
      for (let i = 0; i < 1_500; i++) {
        alice.send("watch", { request: ++requests, user: bobsDevice.user });
        bob.send("foreground", { automatic: true });
      }
      for (let number = 1; number <= 20; number++) {
        sendText(alice, { conversation, number, text: `no. ${number}` });
        await alice.expect("sent");
        await bob.expect("deliver");
      }
      mesh.resume("presence");
      await until("bob to be online", async () => {
        bob.send("foreground", { automatic: false });
        return (await lookAt(alice, bobsDevice.user)).online;
      });
    });
  },
  { CHAT_GATEWAY_FRAMES_PER_SECOND: "100000", CHAT_GATEWAY_FRAMES_BURST: "1000000" },
);

/** What an operator's command prints. */
async function printed(mesh: Mesh, ...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  await runAdmin(["--address", mesh.presenceAdmin, ...args], (line) => lines.push(line));
  return lines;
}

onEveryTopology("operators", (scope) => {
  before(() => presenceServes(scope.mesh));

  it("see what a user did, by time", async () => {
    const { mesh } = scope;
    const { user, accessToken } = await register(mesh);
    const client = await attach(mesh, { user, accessToken } as Device);
    const before = new Date(Date.now() - 60_000).toISOString();
    assert.deepEqual(await printed(mesh, "activity", user), [
      "Nothing is known of that user in this time.",
    ]);
    client.send("foreground", { automatic: false });
    await until("his activity", async () => {
      return (await printed(mesh, "--json", "activity", user, "--from", before)).length === 1;
    });
    const [at] = await printed(mesh, "--json", "activity", user);
    const [late] = await printed(mesh, "activity", user, "--from", "2100-01-01T00:00:00Z");
    assert.match(late ?? "", /^Nothing/);
    const [state] = await printed(mesh, "--json", "presence", user);
    const { online, lastSeenUnixMs, devices } = JSON.parse(state ?? "");
    assert.deepEqual([online, lastSeenUnixMs, devices], [true, Number(at), 1]);
    await assert.rejects(printed(mesh, "presence", "nobody"), /not the id of a user/);
  });
});

/** Frames that move last seen. Everything else must not: somebody has to say so here. */
const COUNT = ["send", "read", "foreground", "typing"];

type Frames = Parameters<RawClient["send"]>;

/** A valid frame of each kind. */
function frameOf(name: string, conversation: string, peer: string): Frames {
  const question = { request: 1, conversation };
  const frames: Readonly<Record<string, Frames>> = {
    ping: ["ping", { nonce: 1 }],
    ack: ["ack", { conversation, seq: 1 }],
    read: ["read", { conversation, seq: 1, automatic: false }],
    resync: ["resync", { conversation, last: 0 }],
    resume: ["resume", { token: 99 }],
    ack_bases: ["ackBases", {}],
    pull_receipts: ["pullReceipts", { conversations: [conversation] }],
    fetch_history: ["fetchHistory", { ...question, before: 0, limit: 0 }],
    list_conversations: ["listConversations", { request: 1, after: "", limit: 0 }],
    get_message_info: ["getMessageInfo", { ...question, seq: 1 }],
    get_last_number: ["getLastNumber", question],
    nack: ["nack", { conversation, seq: 1, reason: 1 }],
    replaced: ["replaced", { conversation, seq: 1 }],
    foreground: ["foreground", { automatic: false }],
    background: ["background", {}],
    watch: ["watch", { request: 1, user: peer }],
    typing: ["typing", { conversation, kind: TypingKind.TEXT }],
  };
  const frame = frames[name];
  if (frame === undefined) throw new Error(`nobody has said how to send ${name}`);
  return frame;
}

interface Actor {
  readonly name: string;
  readonly automatic: boolean;
  readonly device: Device;
  readonly client: RawClient;
}

/** A person who sends one frame of this kind and nothing else that he did himself. */
async function act(mesh: Mesh, friend: Device, name: string, automatic: boolean): Promise<Actor> {
  const device = await register(mesh, "actor");
  const client = await attach(mesh, device);
  const conversation = directId(device.user, friend.user);
  if (name === "send") {
    const content = { kind: { $case: "text" as const, value: { text: "x" } } };
    const clientMessageId = crypto.randomUUID();
    const value = { conversation, clientMessageId, number: 1, content, acked: 0, automatic };
    client.send("send", value);
    await client.expect("sent");
  } else {
    const [kind, value] = frameOf(name, conversation, friend.user);
    client.send(kind, "automatic" in value ? { ...value, automatic } : value);
  }
  await fence(client);
  return { name, automatic, device, client };
}

onEveryTopology("last seen", (scope) => {
  before(() => presenceServes(scope.mesh));

  it("is moved by what a user does, frame by frame, and by nothing else", async () => {
    const { mesh } = scope;
    const friend = await register(mesh, "friend");
    const viewer = await attach(mesh, await register(mesh, "viewer"));
    const cases = clientFrames().flatMap(({ name, automatic }) =>
      automatic > 0
        ? [
            { name, own: true },
            { name, own: false },
          ]
        : [{ name, own: true }],
    );
    const actors = await Promise.all(cases.map(({ name, own }) => act(mesh, friend, name, !own)));
    // Behind all of them on the way to presence: when this is there, so is what came before.
    const last = await register(mesh, "last");
    const marker = await attach(mesh, last);
    marker.send("foreground", { automatic: false });
    await until("the last one", async () => (await lookAt(viewer, last.user)).online);
    // What is not stored is not told as last seen.
    await storedActivity(mesh, last.user);
    for (const { name, automatic, device } of actors) {
      const { online, lastSeenUnixMs } = await lookAt(viewer, device.user);
      const moved = online || lastSeenUnixMs > 0;
      const title = automatic ? `${name}, automatic` : name;
      assert.equal(moved, COUNT.includes(name) && !automatic, title);
    }
  });

  it("is moved by a change of a group, and not by looking at one", async () => {
    const { mesh } = scope;
    const [changer, looker] = [await register(mesh), await register(mesh)];
    await change(mesh, changer, newId("gr"), { create: { name: "hikers" } });
    assert.equal((await call(mesh, "groups/list", {}, looker.accessToken)).status, 200);
    const viewer = await attach(mesh, await register(mesh));
    await until("the change to count", async () => {
      return (await lookAt(viewer, changer.user)).lastSeenUnixMs > 0;
    });
    assert.equal((await lookAt(viewer, looker.user)).lastSeenUnixMs, 0);
  });

  it("of somebody who does not exist looks like that of one nobody saw", async () => {
    const viewer = await attach(scope.mesh, await register(scope.mesh));
    const nobody = await lookAt(viewer, newId("us"));
    const { user } = await register(scope.mesh);
    const silent = await lookAt(viewer, user);
    assert.deepEqual({ ...nobody, request: 0, user: "" }, { ...silent, request: 0, user: "" });
  });
});
