import { type Command, InvalidArgumentError, Option } from "commander";
import type { ChangeKey } from "../client/node.js";
import {
  changeGroup,
  changeMembers,
  createGroup,
  joinGroup,
  listGroups,
  showGroup,
} from "./groups.js";

const help = `
A group is named by its id (gr_…), or by @ and its name. "chat", "send", "history" and "info" take it where they take a user.

Examples:
  chatmesh group create "Hiking club" bob carol
  chatmesh group link "@Hiking club" --days 7
  chatmesh chat "@Hiking club"`;

/** Adds `chatmesh group …`. */
export function addGroupCommands(program: Command): void {
  const group = program.command("group").description("groups: make, show and change them");
  group.addHelpText("after", help);
  addQuestions(group);
  addMemberCommands(group);
  addChanges(group);
  addLinkCommands(group);
}

function addQuestions(group: Command): void {
  group
    .command("create <name> [user...]")
    .description("make a group that you own")
    .option("--description <text>", "what it is about")
    .addOption(new Option("--again <key>", "ask for the same group again").argParser(again))
    .action((name, users, _options, command) =>
      createGroup(name, users, command.optsWithGlobals()),
    );
  group
    .command("list")
    .description("list the groups you are in")
    .action((_options, command) => listGroups(command.optsWithGlobals()));
  group
    .command("show <group>")
    .description("show a group and who is in it")
    .action((name, _options, command) => showGroup(name, command.optsWithGlobals()));
}

function addMemberCommands(group: Command): void {
  group
    .command("add <group> <user...>")
    .description("add members")
    .action((name, users, _options, command) =>
      changeMembers(name, users, command.optsWithGlobals(), (client, id, found) =>
        client.groups.add(id, found),
      ),
    );
  group
    .command("remove <group> <user...>")
    .description("remove members")
    .action((name, users, _options, command) =>
      changeMembers(name, users, command.optsWithGlobals(), (client, id, found) =>
        client.groups.remove(id, found),
      ),
    );
  const one = {
    promote: "make a member an admin",
    demote: "make an admin a member",
    transfer: "hand the group to another member",
  } as const;
  for (const [verb, what] of Object.entries(one) as [keyof typeof one, string][]) {
    group
      .command(`${verb} <group> <user>`)
      .description(what)
      .action((name, user, _options, command) =>
        changeMembers(name, [user], command.optsWithGlobals(), (client, id, [found = ""]) =>
          client.groups[verb](id, found),
        ),
      );
  }
  group
    .command("leave <group>")
    .description("leave a group")
    .action((name, _options, command) =>
      changeGroup(name, command.optsWithGlobals(), (client, id) => client.groups.leave(id)),
    );
}

function addChanges(group: Command): void {
  group
    .command("rename <group> <name>")
    .description("give the group another name")
    .action((name, to, _options, command) =>
      changeGroup(name, command.optsWithGlobals(), (client, id) => client.groups.rename(id, to)),
    );
  group
    .command("describe <group> <text>")
    .description("give the group another description")
    .action((name, text, _options, command) =>
      changeGroup(name, command.optsWithGlobals(), (client, id) =>
        client.groups.describe(id, text),
      ),
    );
  group
    .command("settings <group>")
    .description("say who may send and who may add members; what is not given stays")
    .addOption(audience("--send <who>", "who may send"))
    .addOption(audience("--add <who>", "who may add members"))
    .action((name, options, command) =>
      changeGroup(name, command.optsWithGlobals(), (client, id) => {
        const { send, add } = options;
        return client.groups.settings(id, { whoMaySend: send, whoMayAdd: add });
      }),
    );
}

function addLinkCommands(group: Command): void {
  group
    .command("link <group>")
    .description("make a new invite link; the one before is void")
    .addOption(new Option("--days <n>", "how long it is good").argParser(days))
    .action((name, options, command) =>
      changeGroup(name, command.optsWithGlobals(), (client, id) => {
        const lasts = options.days === undefined ? 0 : Date.now() + options.days * 86_400_000;
        return client.groups.newLink(id, lasts);
      }),
    );
  group
    .command("unlink <group>")
    .description("revoke the invite link")
    .action((name, _options, command) =>
      changeGroup(name, command.optsWithGlobals(), (client, id) => client.groups.revokeLink(id)),
    );
  group
    .command("join <link>")
    .description("join a group by its invite link")
    .action((link, _options, command) => joinGroup(link, command.optsWithGlobals()));
}

function audience(flags: string, what: string): Option {
  return new Option(flags, what).choices(["everyone", "admins"]);
}

/** What a `create` without an answer says. */
function again(text: string): ChangeKey {
  const [, group, requestId] = /^(gr_[0-9a-z]{16})\/([0-9a-f-]{36})$/.exec(text) ?? [];
  if (group !== undefined && requestId !== undefined) return { group, requestId, seenVersion: 0 };
  throw new InvalidArgumentError("Expected the key that a create without an answer has said.");
}

function days(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 3650) return value;
  throw new InvalidArgumentError("Expected a whole number from 1 to 3650.");
}
