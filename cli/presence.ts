import type { ChatClient, PresenceEvent } from "../client/node.js";
import { within } from "./deadline.js";
import { CliError, exitCodes } from "./exit.js";
import { connect } from "./online.js";
import { printResult, seenOf } from "./output.js";
import { findPartner, nameOf, type Partner } from "./people.js";
import { type GlobalOptions, withClient } from "./profile.js";

/** Shows whether somebody is online, or when he was last seen. */
export async function showPresence(
  person: string,
  options: GlobalOptions & { timeout: number },
): Promise<void> {
  await withClient(options, async (client) => {
    const { user, name } = await findPartner(client, person);
    if (user === undefined) throw new CliError(exitCodes.refused, "That is a group.");
    await connect(client, options.timeout);
    const { online, lastSeenUnixMs } = await within(
      options.timeout,
      client.presence.look(user),
      () => `Nothing is heard of ${name} within ${options.timeout} s.`,
    );
    const text = `${name}: ${textOf({ user, online, lastSeenUnixMs }) || "not known"}`;
    printResult(options.json, { user, online, lastSeenUnixMs }, text);
  });
}

/** The line about the others in an open chat: who is writing, else whether the other one is there. */
export class Status {
  private readonly writing = new Map<string, string>();
  private known = "";
  private shown = "";
  private readonly offs: (() => void)[];

  constructor(
    client: ChatClient,
    { conversation, user }: Partner,
    private readonly show: (text: string) => void,
  ) {
    this.offs = [
      client.on("typing", (event) => {
        if (event.conversation !== conversation) return;
        const doing = event.doing === "recording" ? "records" : "writes";
        if (event.doing === undefined) this.writing.delete(event.user);
        else this.writing.set(event.user, `${nameOf(client, event.user)} ${doing} …`);
        this.refresh();
      }),
      client.on("presence", (event) => {
        if (event.user !== user) return;
        this.known = textOf(event);
        this.refresh();
      }),
    ];
    if (user !== undefined) this.offs.push(client.presence.watch(user));
  }

  end(): void {
    for (const off of this.offs) off();
  }

  private refresh(): void {
    const text = [...this.writing.values()].at(-1) ?? this.known;
    if (text === this.shown) return;
    this.shown = text;
    this.show(text);
  }
}

function textOf({ online, lastSeenUnixMs }: PresenceEvent): string {
  if (online) return "online";
  return lastSeenUnixMs > 0 ? seenOf(lastSeenUnixMs) : "";
}
