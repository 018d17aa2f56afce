import { type Command, InvalidArgumentError } from "commander";
import { ActivitiesService } from "../gen/chat/presence/v1/presence.js";
import type { RpcClient } from "../lib/rpc/network.js";
import { readPresenceConfig } from "../presence/config.js";
import { type AdminOptions, callAdmin, type Print } from "./admin-call.js";

type Admin = RpcClient<typeof ActivitiesService>;

const PRESENCE = {
  service: "presence",
  definition: ActivitiesService,
  addressIn: (settings: Readonly<Record<string, string | undefined>>) =>
    readPresenceConfig(settings).admin,
  deadlineMs: 10_000,
} as const;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Adds the commands about what users did. */
export function addActivityCommands(program: Command, print: Print): void {
  program
    .command("activity <user>")
    .description("list the seconds in which a user did something")
    .option("--from <time>", "from here on, such as 2026-11-24T08:00:00Z", time, 0)
    .option("--to <time>", "up to and without this", time, 0)
    .action((user: string, span: Span, command: Command) => {
      const options = command.optsWithGlobals<AdminOptions>();
      return callAdmin(options, PRESENCE, (admin) => list(admin, user, span, { options, print }));
    });
  program
    .command("presence <user>")
    .description("show whether a user is online and when he was last seen, whatever he shows")
    .action((user: string, _own, command: Command) => {
      const options = command.optsWithGlobals<AdminOptions>();
      return callAdmin(options, PRESENCE, (admin) => show(admin, user, { options, print }));
    });
}

function time(text: string): number {
  const unixMs = Date.parse(text);
  if (Number.isFinite(unixMs)) return unixMs;
  throw new InvalidArgumentError("Expected a time such as 2026-11-24T08:00:00Z.");
}

interface Out {
  readonly options: AdminOptions;
  readonly print: Print;
}

async function list(admin: Admin, user: string, { from, to }: Span, out: Out): Promise<void> {
  const { options, print } = out;
  let found = 0;
  for (let fromUnixMs = from; ; ) {
    const page = await admin.listActivity({ user, fromUnixMs, toUnixMs: to, limit: 0 });
    for (const at of page.atUnixMs) print(options.json ? String(at) : timeOf(at));
    found += page.atUnixMs.length;
    fromUnixMs = page.nextUnixMs;
    if (fromUnixMs === 0) break;
  }
  if (found === 0 && !options.json) print("Nothing is known of that user in this time.");
}

async function show(admin: Admin, user: string, { options, print }: Out): Promise<void> {
  const found = await admin.getPresence({ user });
  if (options.json) return print(JSON.stringify({ user, ...found }));
  const { online, lastSeenUnixMs, devices, watchers } = found;
  const seen = lastSeenUnixMs === 0 ? "never seen" : `last seen ${timeOf(lastSeenUnixMs)}`;
  print(`${user}  ${online ? "online" : "offline"}, ${seen}`);
  print(`app open on ${devices} devices, watched by ${watchers} connections`);
}

function timeOf(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`;
}
