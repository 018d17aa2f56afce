import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { directId } from "../client/node.js";
import { exitCodeHelp, exitCodes } from "./exit.js";
import { CommandRig } from "./testing/command-rig.js";

describe("the command line", () => {
  let rig: CommandRig;
  before(async () => {
    rig = await CommandRig.start();
    await rig.run("alice", "register", "alice");
    await rig.run("bob", "register", "bob");
  });
  after(() => rig.stop());

  it("tells who the profile belongs to", async () => {
    const { code, out } = await rig.run("alice", "whoami");
    assert.equal(code, exitCodes.ok);
    assert.match(out, /^alice \(us_\w{16}\), device dv_\w{16}, at http/);
  });

  it("sends a message, and shows it with its tick in the history", async () => {
    const sent = await rig.run("alice", "send", "bob", "hello", "there");
    assert.deepEqual(sent, { code: 0, out: "✓ bob #1\n", err: "" });
    const chat = await rig.run("bob", "chat", "alice");
    assert.match(chat.out, /alice: hello there/);
    const history = await rig.run("alice", "history", "bob");
    assert.match(history.out, /^#1 .* ✓✓ read you: hello there\n$/);
    const info = await rig.run("alice", "info", "bob", "1");
    assert.match(info.out, /^bob: delivered ✓✓ .*, read /);
  });

  it("takes lines from a pipe, and ends when all have their outcome", async () => {
    const { code, out } = await rig.runWith("one\ntwo\n", "alice", "chat", "bob");
    assert.equal(code, 0);
    assert.match(out, /you: one {2}…\n.*you: two {2}…\n(.*\n)*✓ sent #2\n✓ sent #3\n/);
  });

  it("shows what comes in and how ticks move while a chat is open", async () => {
    const child = rig.spawn("alice", "--json", "chat", "bob");
    const seen: string[] = [];
    let changed = () => {};
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { event, text } = JSON.parse(line);
      seen.push(text === undefined ? event : `${event} ${text}`);
      changed();
    });
    const until = async (event: string) => {
      while (!seen.includes(event)) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    };
    child.stdin.write("are you there?\n");
    await until("sent");
    const reply = await rig.runWith("yes\n", "bob", "chat", "alice");
    assert.equal(reply.code, 0);
    await Promise.all([until("message yes"), until("read")]);
    child.stdin.end();
    const [code] = await once(child, "close");
    assert.equal(code, 0);
  });

  it("shows a placeholder, and the message when it has come after all", async () => {
    const people = (await rig.run("carol", "register", "carol")).code;
    assert.equal(people, 0);
    const [carol, alice] = ["carol", "alice"].map(
      (name) => rig.server.auth.users.get(name)?.user ?? "",
    );
    const conversation = directId(carol as string, alice as string);
    const child = rig.spawn("carol", "chat", "alice");
    const out = collectLines(child.stdout);
    await rig.server.until(() => [...rig.server.lines].some(({ device }) => device.user === carol));
    const place = { conversation, after: 0, seq: 1, sender: alice as string, atUnixMs: 1 };
    rig.server.push({
      $case: "placeholder",
      value: { ...place, clientMessageId: "m", reason: 2 },
    });
    await out.until(/alice: \(a message that could not be shown here\)/);
    const content = { kind: { $case: "text" as const, value: { text: "here I am" } } };
    const entry = { ...place, clientMessageId: "m", content, change: undefined };
    rig.server.push({ $case: "replace", value: { conversation, entry } });
    await out.until(/Message #1 has come after all:(.*\n)+.*alice: here I am/);
    child.stdin.end();
    await once(child, "close");
  });

  it("waits for the tick it is told to wait for, and says when it does not come", async () => {
    const args = ["send", "bob", "x", "--wait", "read", "--timeout", "1"];
    const { code, err } = await rig.run("alice", ...args);
    assert.equal(code, exitCodes.unreachable);
    assert.match(err, /^error: Sent, but bob has not read it within 1 s\. Ask later with/);
  });

  it("keeps a message it could not send, and sends it next time", async () => {
    rig.server.refuseWith = 503;
    const failed = await rig.run("bob", "send", "alice", "later", "--timeout", "1");
    rig.server.refuseWith = undefined;
    assert.equal(failed.code, exitCodes.unreachable);
    assert.match(failed.err, /^error: Not sent within 1 s: .*It is kept and goes out with/);
    const next = await rig.run("bob", "chat", "alice");
    assert.match(next.out, /you: later {2}…\n(.*\n)*✓ sent #\d+\n/);
  });

  it("prints JSON when asked to", async () => {
    const { out } = await rig.run("alice", "--json", "conversations");
    const { conversations } = JSON.parse(out);
    assert.equal(conversations[0].peerName, "bob");
    assert.equal(JSON.parse((await rig.run("bob", "--json", "whoami")).out).name, "bob");
  });

  it("adds a device, lists it, and logs it out from another", async () => {
    await rig.run("tablet", "login", "alice", "--device-name", "my tablet");
    const { out } = await rig.run("alice", "devices");
    assert.match(out, /\(this one\)/);
    const device = /(dv_\w{16}) {2}my tablet/.exec(out)?.[1] as string;
    assert.equal((await rig.run("alice", "revoke", device)).code, 0);
    const revoked = await rig.run("tablet", "devices");
    assert.equal(revoked.code, exitCodes.credentials);
    assert.match(revoked.err, /run "chatmesh --profile tablet logout", then .* login alice"/);
    assert.equal((await rig.run("tablet", "logout")).code, 0);
    assert.equal((await rig.run("tablet", "login", "alice")).code, 0);
  });

  for (const [what, args, code, message] of [
    ["an unknown person", ["send", "nobody", "x"], 1, /There is no user "nobody"/],
    ["oneself", ["send", "alice", "x"], 1, /That is you/],
    ["a message that is not one's own", ["info", "bob", "99"], 1, /#99 is not a message of yours/],
    ["a missing text", ["send", "bob"], 2, /missing required argument/],
    ["an unknown command", ["sned"], 2, /unknown command 'sned'/],
    ["a wrong server", ["--server", "ftp://x", "whoami"], 2, /something like http:/],
    ["a wrong number", ["history", "bob", "--limit", "0"], 2, /whole number from 1 to 100/],
    ["a wrong profile name", ["--profile", "../x", "whoami"], 2, /is no profile name/],
    ["a profile without account", ["--profile", "new", "whoami"], 3, /is not logged in: run/],
    ["a taken name", ["--profile", "new", "register", "bob"], 1, /The name "bob" is taken/],
    ["a second account", ["register", "carol"], 1, /belongs to alice already/],
    [
      "a server that is not there",
      ["--profile", "new", "--server", "http://127.0.0.1:9", "login", "x"],
      4,
      /cannot be reached\. Check --server/,
    ],
  ] as const) {
    it(`says in one sentence what is wrong with ${what}`, async () => {
      const result = await rig.run("alice", ...args);
      assert.equal(result.code, code);
      assert.match(result.err, message);
      assert.equal(result.out, "");
    });
  }

  it("lets one process at a time use a profile", async () => {
    const child = rig.spawn("bob", "chat", "alice");
    await once(child.stdout, "data");
    const { code, err } = await rig.run("bob", "whoami");
    child.stdin.end();
    await once(child, "close");
    assert.equal(code, exitCodes.inUse);
    assert.match(err, /in use by another process\. Close the other chatmesh/);
  });

  it("documents every exit code in --help", async () => {
    const { code, out } = await rig.run("alice", "--help");
    assert.equal(code, 0);
    assert.ok(out.includes(exitCodeHelp.trim()));
    for (const one of Object.values(exitCodes))
      assert.match(exitCodeHelp, new RegExp(`\\b${one} `));
  });
});

/** What a program has printed so far, to be waited for. */
function collectLines(stream: NodeJS.ReadableStream) {
  let text = "";
  let changed = () => {};
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    changed();
  });
  return {
    async until(pattern: RegExp): Promise<void> {
      while (!pattern.test(text)) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
  };
}
