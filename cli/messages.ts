import colors from "picocolors";
import type { ChatClient, MemberReceipt, Outcome, StoredMessage } from "../client/node.js";
import { within } from "./deadline.js";
import { CliError, exitCodes } from "./exit.js";
import { describeChange } from "./groups.js";
import { connect } from "./online.js";
import { printable, printResult, tickMark, tickOf, timeOf, UNKNOWN } from "./output.js";
import { findPartner, nameOf, type Partner } from "./people.js";
import { type GlobalOptions, withClient } from "./profile.js";

export type WaitFor = "sent" | "delivered" | "read";

/** Sends one message and waits for its tick. */
export async function sendMessage(
  to: string,
  text: string,
  options: GlobalOptions & { wait: WaitFor; timeout: number },
): Promise<void> {
  await withClient(options, async (client) => {
    const partner = await findPartner(client, to);
    const message = await client.send(partner.conversation, text);
    const kept = 'It is kept and goes out with the next "chatmesh send" or "chatmesh chat".';
    let why = "the server does not answer";
    client.on("connection", (event) => {
      if (event.state === "waiting" || event.state === "stopped") why = event.why;
    });
    const connected = client.connect().then(() => message.sent);
    const outcome = await within(options.timeout, connected, () => {
      return `Not sent within ${options.timeout} s: ${why}. ${kept}`;
    });
    const seq = accepted(outcome, partner.name);
    const tick = () => tickOf(seq, client.position(partner.conversation) as never);
    await waitForTick(client, options, partner, () => reached(tick(), options.wait));
    const value = { conversation: partner.conversation, seq, tick: tick() };
    printResult(options.json, value, `${tickMark(tick()).trim()} ${partner.name} #${seq}`);
  });
}

/** The seq of an accepted message; any other outcome is an error with advice. */
export function accepted(outcome: Outcome, to: string): number {
  if (outcome.status === "sent") return outcome.seq;
  if (outcome.status === "pending") {
    throw new CliError(exitCodes.unreachable, "Not sent yet; it is kept and goes out next time.");
  }
  throw new CliError(exitCodes.refused, rejection(outcome.reason, to));
}

export function rejection(reason: string, to: string): string {
  if (reason === "NOT_FOUND") return `Not sent: there is no user ${to}.`;
  if (reason === "NOT_ALLOWED") return `Not sent: you may not write to ${to}.`;
  if (reason === "NOT_A_MEMBER") return `Not sent: you are not in ${to} any more.`;
  if (reason === "BLOCKED") {
    return `Not sent: you have blocked ${to}. Unblock first: "chatmesh unblock ${to}".`;
  }
  if (reason === "CONTENT") return "Not sent: the server does not accept this text.";
  if (reason === "CONFLICT") {
    return "Not sent: this profile is older than the server knows it. Log out and log in again.";
  }
  return `Not sent: the server refused it (${reason}).`;
}

async function waitForTick(
  client: ChatClient,
  options: { wait: WaitFor; timeout: number },
  partner: Partner,
  done: () => boolean,
): Promise<void> {
  if (done()) return;
  const moved = new Promise<void>((resolve) => {
    client.on("tick", () => done() && resolve());
  });
  await within(options.timeout, moved, () => {
    const what = `Sent, but ${partner.name} has not ${VERBS[options.wait]} it`;
    return `${what} within ${options.timeout} s. Ask later with "chatmesh info".`;
  });
}

const VERBS = { sent: "got", delivered: "received", read: "read" };

function reached(tick: string, wait: WaitFor): boolean {
  return tick === "read" || wait === "sent" || tick === wait;
}

export async function showHistory(
  to: string,
  options: GlobalOptions & { before: number; limit: number },
): Promise<void> {
  await withClient(options, async (client) => {
    const partner = await findPartner(client, to);
    await connect(client);
    const page = await client.history(partner.conversation, options.before, options.limit);
    const rows = page.entries.map((entry) => historyRow(client, entry));
    if (rows.length === 0) rows.push("No messages here.");
    if (page.before > 0) rows.unshift(colors.dim(`older: --before ${page.before}`));
    printResult(options.json, { conversation: partner.conversation, ...page }, rows.join("\n"));
  });
}

function historyRow(client: ChatClient, entry: StoredMessage): string {
  const own = entry.sender === client.account.user;
  const position = client.position(entry.conversation);
  const tick = own && position ? tickMark(tickOf(entry.seq, position)) : "  ";
  const at = colors.dim(`#${entry.seq} ${timeOf(entry.atUnixMs)}`);
  if (entry.change) return `${at}    -- ${describeChange(client, entry.sender, entry.change)}`;
  const who = own ? colors.cyan("you") : colors.green(nameOf(client, entry.sender));
  const text = entry.text === undefined ? UNKNOWN : printable(entry.text);
  return `${at} ${tick} ${who}: ${text}`;
}

export async function showInfo(to: string, seq: number, options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const partner = await findPartner(client, to);
    await connect(client);
    const members = await client.messageInfo(partner.conversation, seq).catch((error) => {
      if (error.reason !== "NOT_FOUND") throw error;
      const why = `#${seq} is not a message of yours to ${partner.name}.`;
      const advice = 'See "chatmesh history" for the numbers.';
      throw new CliError(exitCodes.refused, `${why} ${advice}`);
    });
    const rows = members.map((member) => infoRow(client, member));
    printResult(
      options.json,
      { conversation: partner.conversation, seq, members },
      rows.join("\n"),
    );
  });
}

function infoRow(client: ChatClient, member: MemberReceipt): string {
  const at = (ms: number) => (ms > 0 ? timeOf(ms) : "not yet");
  const { deliveredAtUnixMs, readAtUnixMs } = member;
  const delivered = `${tickMark("delivered")} ${at(deliveredAtUnixMs)}`;
  return `${nameOf(client, member.user)}: delivered ${delivered}, read ${at(readAtUnixMs)}`;
}

export async function listConversations(options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const caughtUp = new Promise<void>((resolve) => {
      client.on("caughtUp", () => resolve());
    });
    await connect(client);
    // Only then the counts of unread messages are true.
    await within(10, caughtUp, () => "The server did not bring this device up to date in 10 s.");
    const items = await client.conversations();
    const rows = items.map((item) => {
      const name = item.peerName ?? item.peer ?? (item.group?.name || item.conversation);
      const unread = item.newestForeign > item.ownRead ? "  unread" : "";
      return `${name}  #${item.seq}${colors.bold(unread)}`;
    });
    if (rows.length === 0)
      rows.push('No conversations yet: start one with "chatmesh chat <user>".');
    printResult(options.json, { conversations: items }, rows.join("\n"));
  });
}
