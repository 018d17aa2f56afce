import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { exitCodes } from "../../cli/exit.js";
import { Commands } from "../../cli/testing/commands.js";
import { onTopology } from "../topologies.js";

onTopology("all", "the commands for groups", (scope) => {
  let commands: Commands;
  before(async () => {
    commands = await Commands.at(scope.mesh.url);
    for (const name of ["ann", "bob", "eve"]) await done(name, "register", name);
  });
  after(() => commands.stop());

  const done = (profile: string, ...args: string[]) => commands.done(profile, ...args);
  const json = async (profile: string, ...args: string[]) =>
    JSON.parse(await done(profile, "--json", "group", ...args));
  const refused = (profile: string, ...args: string[]) =>
    commands.fails(exitCodes.refused, profile, "group", ...args);
  /** Each member's name and role. */
  const roles = async (profile: string, group: string): Promise<Record<string, string>> => {
    const { members } = await json(profile, "show", group);
    return Object.fromEntries(
      members.map(({ name, role }: Record<string, string>) => [name, role]),
    );
  };

  it("make a group, list it and show who is in it", async () => {
    const made = await done("ann", "group", "create", "Hiking club", "bob", "--description", "Up!");
    assert.match(made, /^Hiking club is gr_\w{16}\n$/);
    assert.match(
      await done("bob", "group", "list"),
      /^Hiking club {2}gr_\w{16} {2}2 members, you: member\n$/,
    );
    const shown = await done("ann", "group", "show", "@Hiking club");
    assert.match(shown, /^Hiking club {2}gr_\w{16}\nUp!\nsend: everyone, add members: admins\n/);
    assert.match(shown, /2 of 256 members:\n {2}ann {2}owner\n {2}bob\n$/);
    assert.match(await done("eve", "group", "list"), /No groups yet: /);
    assert.match(await refused("eve", "show", "@Hiking club"), /No group of yours has this name/);
  });

  it("are used for a chat as the name of a person is", async () => {
    assert.match(await done("ann", "send", "@Hiking club", "who is in?"), /^✓ Hiking club #2\n$/);
    const { out } = await commands.runWith("me\n", "bob", "chat", "@Hiking club");
    assert.match(out, /ann created "Hiking club"\n(.*\n)*.*ann: who is in\?\n/);
    assert.match(await done("ann", "history", "@Hiking club"), /bob: me\n$/);
    assert.match(await done("ann", "info", "@Hiking club", "2"), /^bob: delivered ✓✓ .*, read /);
  });

  it("add, promote, demote, hand over, remove and leave", async () => {
    const group = "@Hiking club";
    assert.equal(await done("ann", "group", "add", group, "eve"), "Hiking club: done\n");
    assert.match(await refused("bob", "remove", group, "eve"), /Your role in this group/);
    await done("ann", "group", "promote", group, "bob");
    assert.deepEqual(await roles("eve", group), { ann: "owner", bob: "admin", eve: "member" });
    await done("bob", "group", "remove", group, "eve");
    assert.match(await refused("eve", "show", group), /No group of yours/);
    await done("ann", "group", "demote", group, "bob");
    await done("ann", "group", "transfer", group, "bob");
    assert.deepEqual(await roles("bob", group), { ann: "admin", bob: "owner" });
    await done("ann", "group", "leave", group);
    assert.deepEqual(await roles("bob", group), { bob: "owner" });
    const { out } = await commands.run("bob", "chat", group);
    assert.match(out, /ann made bob an admin\n/);
    assert.match(out, /ann made bob a member\n/);
    assert.match(out, /ann handed the group to bob\n/);
    assert.match(out, /ann left\n/);
  });

  it("rename, describe and set who may do what", async () => {
    await done("bob", "group", "rename", "@Hiking club", "Climbers");
    await done("bob", "group", "describe", "@Climbers", "Higher!");
    await done("bob", "group", "settings", "@Climbers", "--send", "admins");
    await done("bob", "group", "settings", "@Climbers", "--add", "everyone");
    const { name, description, settings } = await json("bob", "show", "@Climbers");
    assert.deepEqual([name, description], ["Climbers", "Higher!"]);
    assert.deepEqual(settings, { whoMaySend: "admins", whoMayAdd: "everyone" });
  });

  it("make no second group when one without an answer is asked for again", async () => {
    const key = `gr_${"a".repeat(16)}/${randomUUID()}`;
    const first = await done("bob", "group", "create", "Divers", "eve", "--again", key);
    assert.equal(first, `Divers is gr_${"a".repeat(16)}\n`);
    assert.equal(await done("bob", "group", "create", "Divers", "eve", "--again", key), first);
    const { groups } = await json("bob", "list");
    assert.equal(groups.filter(({ name }: { name: string }) => name === "Divers").length, 1);
  });

  it("invite by a link, until it is revoked", async () => {
    const link = (await done("bob", "group", "link", "@Climbers", "--days", "7")).trim();
    assert.match(await done("bob", "group", "show", "@Climbers"), /invite link: gr_.* \(until 2/);
    assert.match(
      await done("eve", "group", "join", link),
      /^You are in Climbers \(gr_\w{16}\)\.\n$/,
    );
    assert.match(await refused("eve", "unlink", "@Climbers"), /Your role/);
    await done("bob", "group", "unlink", "@Climbers");
    assert.match(await refused("ann", "join", link), /leads nowhere/);
  });

  it("say in one sentence what is wrong", async () => {
    assert.match(await refused("bob", "add", "@Climbers", "nobody"), /There is no user "nobody"/);
    assert.match(await refused("bob", "add", "@Climbers", "eve"), /It is so already/);
    for (const args of [
      ["settings", "@Climbers", "--send", "nobody"],
      ["link", "@Climbers", "--days", "0"],
      ["join", "here"],
      ["create"],
    ]) {
      const { code, out } = await commands.run("bob", "group", ...args);
      assert.deepEqual([code, out], [exitCodes.usage, ""], args.join(" "));
    }
  });
});
