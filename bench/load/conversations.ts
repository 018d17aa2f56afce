import { directId } from "../../lib/ids.js";
import { until } from "../../test/until.js";
import type { LoadAccount } from "./accounts.js";
import type { ChatDevice, DeviceCounts } from "./chat-device.js";
import { content } from "./subject.js";

/** Messages to be written: the place of their sender among the devices, and their conversation. */
export interface ToSend {
  readonly sender: number;
  readonly conversation: string;
}

const UNDER_WAY = 256;
const GIVE_UP_MS = 300_000;

/**
 * One message for each conversation of a ring of users in which each has as many conversations as asked for, an even
 * number, or one.
 */
export function ringOf(accounts: readonly LoadAccount[], conversations: number): ToSend[] {
  const list: ToSend[] = [];
  const step = conversations === 1 ? 2 : 1;
  const reach = Math.max(1, conversations / 2);
  for (let sender = 0; sender < accounts.length; sender += step) {
    for (let ahead = 1; ahead <= reach; ahead++) {
      const [a, b] = [accounts[sender], accounts[(sender + ahead) % accounts.length]];
      if (a && b) list.push({ sender, conversation: directId(a.user, b.user) });
    }
  }
  return list;
}

/** Sends messages over connected devices, many at a time, and waits until every one has its ✓. */
export async function sendAll(
  devices: readonly ChatDevice[],
  counts: DeviceCounts,
  messages: readonly ToSend[],
): Promise<void> {
  const from = counts.sent;
  const end = from + messages.length;
  let next = 0;
  const sendOne = () => {
    const message = messages[next++];
    if (message) devices[message.sender]?.sendTo(message.conversation, content);
  };
  for (const { sender } of messages) {
    const device = devices[sender];
    if (device) device.onSent = sendOne;
  }
  for (let i = 0; i < UNDER_WAY; i++) sendOne();
  await until(
    "all messages to have their ✓",
    () => counts.sent >= end || counts.faults > 0,
    GIVE_UP_MS,
  );
  if (counts.faults > 0) throw new Error(`preparing went wrong: ${JSON.stringify(counts)}`);
}
