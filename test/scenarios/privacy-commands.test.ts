import assert from "node:assert/strict";
import { exitCodes } from "../../cli/exit.js";
import { Commands } from "../../cli/testing/commands.js";
import { onTopology } from "../topologies.js";
import { until } from "../until.js";
import { presenceServes } from "../watching.js";

onTopology("all", "the commands for privacy", (scope) => {
  let commands: Commands;
  before(async () => {
    await presenceServes(scope.mesh);
    commands = await Commands.at(scope.mesh.url);
    for (const name of ["ann", "bob", "eve"]) await done(name, "register", name);
  });
  after(() => commands.stop());

  const done = (profile: string, ...args: string[]) => commands.done(profile, ...args);
  const json = async (profile: string, ...args: string[]) =>
    JSON.parse(await done(profile, "--json", ...args));
  const fails = (code: number, profile: string, ...args: string[]) =>
    commands.fails(code, profile, ...args);

  it("show settings, and change what is given", async () => {
    const unsaid =
      "last seen: everyone\nonline: everyone\nread receipts: on\nabout: everyone\ngroups: everyone\n";
    assert.equal(await done("eve", "privacy"), unsaid);
    const changed = await done("eve", "privacy", "--online", "contacts", "--read-receipts", "off");
    assert.match(changed, /^last seen: everyone\nonline: contacts\nread receipts: off\n/);
    assert.deepEqual(await json("eve", "privacy", "--about", "nobody", "--groups", "contacts"), {
      lastSeen: "everyone",
      online: "contacts",
      readReceipts: false,
      about: "nobody",
      groups: "contacts",
    });
    const everybody = ["--online", "everyone", "--read-receipts", "on", "--about", "everyone"];
    const changes = [...everybody, "--groups", "everyone"];
    assert.equal(await done("eve", "privacy", ...changes), unsaid);
    assert.match(await fails(exitCodes.usage, "eve", "privacy", "--online", "friends"), /choices/);
  });

  it("keep a list of contacts", async () => {
    assert.equal(await done("ann", "contacts"), "You have no contacts.\n");
    // In the order of their ids, which are random.
    const both = (await done("ann", "contacts", "add", "bob", "eve")).split("\n").sort();
    assert.match(both.join("\n"), /^\nbob {2}since .*\neve {2}since .*$/);
    assert.match(await done("ann", "contacts", "remove", "eve"), /^bob {2}since .*\n$/);
    const { contacts } = await json("ann", "contacts");
    assert.deepEqual(
      contacts.map(({ name }: { name: string }) => name),
      ["bob"],
    );
    const err = await fails(exitCodes.refused, "ann", "contacts", "add", "nobody");
    assert.match(err, /There is no user "nobody"/);
  });

  it("show what somebody says about himself to those for whom it is", async () => {
    assert.equal(await done("bob", "about", "ann"), "Nothing to see.\n");
    assert.equal(await done("ann", "about", "--set", "At work"), "At work\n");
    assert.equal(await done("ann", "about"), "At work\n");
    assert.equal(await done("eve", "about", "ann"), "At work\n");
    await done("ann", "privacy", "--about", "contacts");
    assert.equal(await done("eve", "about", "ann"), "Nothing to see.\n");
    assert.equal((await json("bob", "about", "ann")).text, "At work");
    assert.equal(await done("ann", "about", "--set", ""), "Removed.\n");
    assert.equal(await done("bob", "about", "ann"), "Nothing to see.\n");
    assert.match(await fails(exitCodes.usage, "ann", "about", "bob", "--set", "x"), /yourself/);
    assert.match(await fails(exitCodes.usage, "ann", "about", "--set", "a\nb"), /control/);
  });

  it("say who cannot be added to a group, and do nothing", async () => {
    await done("eve", "privacy", "--groups", "contacts");
    const err = await fails(exitCodes.refused, "ann", "group", "create", "Choir", "bob", "eve");
    assert.match(err, /Not done: you cannot add eve\. .* invite them by a link\./);
    await done("ann", "group", "create", "Choir", "bob");
    assert.match(await fails(exitCodes.refused, "ann", "group", "add", "@Choir", "eve"), /add eve/);
    const link = (await done("ann", "group", "link", "@Choir")).trim();
    assert.match(await done("eve", "group", "join", link), /^You are in Choir /);
    await done("eve", "privacy", "--groups", "everyone");
  });

  it("show when somebody was last seen, until he hides it", async () => {
    await done("ann", "send", "bob", "hello");
    await until("ann to be seen", async () =>
      /last seen|online/.test(await done("bob", "seen", "ann")),
    );
    const { online, lastSeenUnixMs } = await json("bob", "seen", "ann");
    assert.equal(online || lastSeenUnixMs > 0, true);
    await done("ann", "privacy", "--last-seen", "nobody", "--online", "nobody");
    await until(
      "ann to hide",
      async () => (await done("bob", "seen", "ann")) === "ann: not known\n",
    );
    await done("ann", "privacy", "--last-seen", "everyone", "--online", "everyone");
    await until("ann to be seen", async () =>
      /last seen|online/.test(await done("bob", "seen", "ann")),
    );
  });

  it("block somebody, list him, and end it", async () => {
    assert.equal(await done("ann", "blocked"), "You block nobody.\n");
    assert.match(await done("ann", "block", "bob"), /^Blocked bob: .* he is not told\.\n$/);
    assert.match(await done("ann", "blocked"), /^bob {2}since .*\n$/);
    assert.match(await done("bob", "send", "ann", "hidden"), /^✓ ann #2\n$/);
    assert.match(await fails(exitCodes.refused, "ann", "send", "bob", "no"), /[Uu]nblock/);
    await until("presence to be hidden", async () => {
      return (await done("bob", "seen", "ann")) === "ann: not known\n";
    });
    assert.match(await done("ann", "unblock", "bob"), /^bob is not blocked\./);
    assert.equal(await done("ann", "blocked"), "You block nobody.\n");
    await done("bob", "send", "ann", "after");
    const history = await done("ann", "history", "bob");
    assert.match(history, /after/);
    assert.doesNotMatch(history, /hidden/);
    assert.match(await fails(exitCodes.refused, "ann", "block", "nobody"), /There is no user/);
  });
});
