import { limits } from "../../../lib/limits.js";
import type { HistoryEvent } from "../events.js";
import {
  CHAT,
  inserted,
  isType,
  type Line,
  type Mutation,
  onlineAtEnd,
  ownIds,
  pickLine,
  replaced,
} from "./mutation.js";

/** What a device cannot take in. */
export const placeholderMutations: readonly Mutation[] = [
  {
    name: "a device gets a placeholder for what it has not refused",
    breaks: ["I1"],
    apply(events, random) {
      const own = ownIds(events);
      const line = pickLine(events, random, "shown", (shown) => own.get(shown.id) !== shown.device);
      if (!line) return undefined;
      const { body: _, ...entry } = line[0];
      return replaced(events, line[1], { ...entry, type: "placeholder" });
    },
  },
  {
    name: "an entry is parked though the device refused it less often",
    breaks: ["I1"],
    apply(events, random) {
      const line = pickLine(events, random, "placeholder");
      if (!line) return undefined;
      const [{ device, conversation, seq }] = line;
      let nacks = 0;
      return events.filter((event) => {
        const same =
          isType(event, "nack") &&
          event.device === device &&
          event.conversation === conversation &&
          event.seq === seq;
        return !same || ++nacks < limits.nacksMax;
      });
    },
  },
  {
    name: "a placeholder is shown twice",
    breaks: ["I3"],
    apply(events, random) {
      const line = pickLine(events, random, "placeholder");
      return line && inserted(events, line[1] + 1, line[0]);
    },
  },
  {
    name: "a placeholder is left out",
    breaks: ["I1", "I4", "I8"],
    apply(events, random) {
      const line = pickLine(events, random, "placeholder");
      return line && events.toSpliced(line[1], 1);
    },
  },
  {
    name: "a placeholder is replaced by another message",
    breaks: ["I2"],
    apply(events, random) {
      const line = pickLine(events, random, "replaced");
      return line && replaced(events, line[1], { ...line[0], body: `${line[0].body}!` });
    },
  },
  {
    name: "an entry is shown once more, as if in place of a placeholder",
    breaks: ["I3"],
    apply(events, random) {
      const line = pickLine(events, random, "shown");
      return line && inserted(events, line[1] + 1, { ...line[0], type: "replaced" });
    },
  },
  {
    name: "a tick is claimed for a placeholder",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "receipt", (receipt, at) => {
        const { conversation, delivered, except = [] } = receipt;
        const claims = (seq: number) =>
          seq <= delivered && hasNobody(events, at, conversation, seq);
        return conversation === CHAT && except.some(claims);
      });
      return line && replaced(events, line[1], { ...line[0], except: [] });
    },
  },
  {
    name: "a tick is withheld for what a replay has mended",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "replayed", (replayed) =>
        isToldAfter(events, replayed),
      );
      if (!line) return undefined;
      const [{ conversation, seq }, index] = line;
      return events.map((event, at) =>
        at > index && isType(event, "receipt") && event.conversation === conversation
          ? { ...event, except: [...(event.except ?? []), seq] }
          : event,
      );
    },
  },
];

/** Whether nobody has the entry as a placeholder in the end, and a device of its author that is connected then was told of ticks. */
function isToldAfter(
  events: readonly HistoryEvent[],
  { conversation, seq }: Line<"replayed">,
): boolean {
  const users = new Map<string, string>();
  const holding = new Set<string>();
  const told = new Set<string>();
  let author = "";
  for (const event of events) {
    if (event.type === "device") users.set(event.device, event.user);
    if (!("conversation" in event) || event.conversation !== conversation) continue;
    if (isType(event, "receipt")) told.add(event.device);
    if (!("seq" in event) || event.seq !== seq) continue;
    if (isType(event, "placeholder")) holding.add(event.device);
    if (isType(event, "replaced")) holding.delete(event.device);
    if (isType(event, "recv")) author = event.sender;
    if (isType(event, "replayed")) told.clear();
  }
  const online = onlineAtEnd(events);
  const isHis = (device: string) => online.has(device) && users.get(device) === author;
  return conversation === CHAT && holding.size === 0 && [...told].some(isHis);
}

/** Whether no device of the user who has a placeholder has the entry itself, or began behind it. */
function hasNobody(
  events: readonly HistoryEvent[],
  before: number,
  conversation: string,
  seq: number,
): boolean {
  const users = new Map<string, string>();
  const having = new Set<string>();
  const holding = new Set<string>();
  for (const event of events.slice(0, before)) {
    if (event.type === "device") users.set(event.device, event.user);
    if (!("conversation" in event) || event.conversation !== conversation) continue;
    if (!("device" in event) || !("seq" in event)) continue;
    const user = users.get(event.device) ?? "";
    const began = event.type === "base" && event.seq >= seq;
    const shows = event.type === "shown" || event.type === "replaced";
    if (began || (shows && event.seq === seq)) having.add(user);
    if (event.type === "placeholder" && event.seq === seq) holding.add(user);
  }
  return [...holding].some((user) => !having.has(user));
}
