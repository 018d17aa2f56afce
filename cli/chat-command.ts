import { createInterface, type Interface } from "node:readline";
import type { ChatClient } from "../client/node.js";
import { ChatRoom } from "./chat.js";
import { LineView } from "./chat-lines.js";
import { PROMPT, ScreenView } from "./chat-screen.js";
import { within } from "./deadline.js";
import { CliError, exitCodes } from "./exit.js";
import { findPartner, type Partner } from "./people.js";
import { type GlobalOptions, withClient } from "./profile.js";

/** Talks to one person until Ctrl-D, `/quit`, or the end of standard input. */
export async function chat(
  to: string,
  options: GlobalOptions & { timeout: number },
): Promise<void> {
  await withClient(options, async (client) => {
    const partner = await findPartner(client, to);
    const stopped = new Promise<string>((resolve) => {
      client.on("connection", (event) => {
        if (event.state === "stopped") resolve(event.why);
      });
    });
    const interactive = process.stdin.isTTY && process.stdout.isTTY && !options.json;
    const run = interactive ? onScreen : inLines;
    const why = await run(client, partner, stopped, options);
    if (why !== undefined) throw new CliError(exitCodes.refused, `The chat ended: ${why}.`);
  });
}

async function onScreen(
  client: ChatClient,
  partner: Partner,
  stopped: Promise<string>,
): Promise<string | undefined> {
  const { stdin: input, stdout: output } = process;
  const lines = createInterface({ input, output, prompt: PROMPT, historySize: 100 });
  const view = new ScreenView(output, lines);
  const room = new ChatRoom(client, partner, view);
  output.write(`Chat with ${partner.name}. Ctrl-D or /quit ends it.\n`);
  const end = ended(lines);
  const typing = () => {
    if (lines.line !== "") client.presence.typing(partner.conversation);
  };
  try {
    await room.begin();
    client.connect().catch(() => {});
    client.presence.foreground();
    input.on("keypress", typing);
    lines.on("line", (line) => {
      view.eraseEcho(line);
      if (line.trim() === "/quit") lines.close();
      else if (line.trim() !== "") room.send(line);
      else lines.prompt();
    });
    lines.prompt();
    return await Promise.race([end, stopped]);
  } finally {
    input.off("keypress", typing);
    room.end();
    lines.close();
    output.write("\n");
  }
}

async function inLines(
  client: ChatClient,
  partner: Partner,
  stopped: Promise<string>,
  options: GlobalOptions & { timeout: number },
): Promise<string | undefined> {
  const view = new LineView(options.json, (text) => process.stdout.write(text));
  const room = new ChatRoom(client, partner, view);
  await room.begin();
  // Not before: what is read from the pipe needs its listeners at once, and so does its end.
  const lines = createInterface({ input: process.stdin });
  try {
    const caughtUp = new Promise<void>((resolve) => {
      client.on("caughtUp", () => resolve());
    });
    client.connect().catch(() => {});
    lines.on("line", (line) => {
      if (line.trim() !== "") room.send(line);
    });
    const why = await Promise.race([ended(lines), stopped]);
    if (why !== undefined) return why;
    // What had come before the input ended is shown, and what was typed is sent.
    const done = Promise.all([caughtUp, room.settled()]);
    await within(options.timeout, done, () => {
      const next = 'they go out with the next "chatmesh chat" or "chatmesh send"';
      return `Not everything went through within ${options.timeout} s; ${next}.`;
    });
    if (room.failed) throw new CliError(exitCodes.refused, "Not everything was accepted.");
    return undefined;
  } finally {
    room.end();
    lines.close();
  }
}

function ended(lines: Interface): Promise<undefined> {
  return new Promise((resolve) => {
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => resolve(undefined));
  });
}
