import type { Device } from "./device.js";
import type { Logged } from "./groups/group-log.js";
import type { History, Shown } from "./history.js";

/** A conversation as the session's disk has it, and what who may see of it. */
interface Log {
  readonly id: string;
  readonly entries: readonly Logged[];
  canSee(user: string, seq: number): boolean;
}

/** I1, I5, I9: from where a device began it has exactly what its user may see of the conversation. */
export function checkShown(device: Device, history: History, log: Log): void {
  const begunMs = history.firstCaughtUpMs.get(device) ?? Number.POSITIVE_INFINITY;
  const { messages } = history.view(device, log.id);
  const { user } = device;
  let begun = false;
  for (const entry of log.entries) {
    const seen = messages.get(entry.seq);
    const what = `${device.name}: ${log.id} ${entry.seq}`;
    if (!log.canSee(user, entry.seq)) {
      if (seen) history.wrong("I9 member", `${what} is none of his`);
      continue;
    }
    // Its own messages it knows from before its bases, too.
    if (seen && entry.sender !== user) begun = true;
    const mustSee = begun || entry.atMs > begunMs;
    if (!seen && mustSee && device.revokedMs === undefined)
      history.wrong("I1 missing", `${what} was never shown`);
    if (seen && (seen.clientMessageId !== entry.id || seen.text !== entry.text))
      history.wrong("I5 identity", `${what} is another entry than on the server`);
  }
  for (const seq of messages.keys()) {
    if (seq > log.entries.length)
      history.wrong("I7 lost", `${device.name} has ${log.id} ${seq}, the server has not`);
  }
}

/** I7, I9: what the server reads to a user is what he may see. */
export function checkReading(
  device: Device,
  history: History,
  log: Log,
  read: readonly Shown[],
): void {
  const wanted = log.entries.filter(({ seq }) => log.canSee(device.user, seq));
  const same = (entry: Shown | undefined, { id, text }: { id: string; text: string }) =>
    entry?.clientMessageId === id && entry.text === text;
  if (wanted.length === read.length && wanted.every((entry, i) => same(read[i], entry))) return;
  const seqs = (of: readonly { readonly seq: number }[]) => of.map(({ seq }) => seq).join(" ");
  const what = `${device.name} reads ${seqs(read)} of ${log.id}, and may see ${seqs(wanted)}`;
  history.wrong("I7 readable", what);
}
