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

/** What devices get and show. */
export const entryMutations: readonly Mutation[] = [
  {
    name: "an entry is not shown",
    breaks: ["I1", "I4", "I8"],
    apply(events, random) {
      const own = ownIds(events);
      const line = pickLine(events, random, "shown", (shown) => own.get(shown.id) !== shown.device);
      return line && events.toSpliced(line[1], 1);
    },
  },
  {
    name: "a device gets nothing of a conversation",
    breaks: ["I1"],
    apply(events, random) {
      const online = onlineAtEnd(events);
      const own = ownIds(events);
      const line = pickLine(events, random, "shown", (shown) => {
        const foreign = own.get(shown.id) !== shown.device;
        return foreign && shown.conversation === CHAT && online.has(shown.device);
      });
      if (!line || !isAcknowledged(events, line[0].id)) return undefined;
      const silent = new Set([
        ...["recv", "shown", "nack", "placeholder", "replaced"],
        ...["ack", "read", "base", "receipt", "tick"],
      ]);
      const { device } = line[0];
      return events.filter((event) => {
        const here = "conversation" in event && event.conversation === CHAT;
        return !(here && silent.has(event.type) && "device" in event && event.device === device);
      });
    },
  },
  {
    name: "an entry is shown twice",
    breaks: ["I3"],
    apply(events, random) {
      const line = pickLine(events, random, "shown");
      if (!line) return undefined;
      const later = line[1] + 1 + random.below(events.length - line[1]);
      return inserted(events, later, line[0]);
    },
  },
  {
    name: "two entries are shown in the wrong order",
    breaks: ["I4"],
    apply(events, random) {
      const own = ownIds(events);
      const foreign = (shown: Line<"shown">) => own.get(shown.id) !== shown.device;
      const nextOf = (first: Line<"shown">, from: number) =>
        events.findIndex(
          (event, at) =>
            at > from && isType(event, "shown") && isSameView(event, first) && foreign(event),
        );
      const line = pickLine(
        events,
        random,
        "shown",
        (shown, at) => foreign(shown) && nextOf(shown, at) >= 0,
      );
      if (!line) return undefined;
      const second = nextOf(...line);
      const swapped = replaced(events, line[1], events[second] as Line<"shown">);
      return replaced(swapped, second, line[0]);
    },
  },
  ...(["recv", "shown"] as const).flatMap((type): Mutation[] => [
    {
      name: `the text of an entry is altered (${type})`,
      breaks: ["I2"],
      apply(events, random) {
        const line = pickLine(events, random, type);
        return line && replaced(events, line[1], { ...line[0], body: `${line[0].body}!` });
      },
    },
    {
      name: `an entry has another sender (${type})`,
      breaks: ["I2"],
      apply(events, random) {
        const line = pickLine(events, random, type);
        return line && replaced(events, line[1], { ...line[0], sender: "us_eve" });
      },
    },
    {
      name: `an entry that nobody sent (${type})`,
      breaks: ["I2"],
      apply(events, random) {
        const line = pickLine(events, random, type);
        return line && replaced(events, line[1], { ...line[0], id: "id-forged" });
      },
    },
    {
      name: `a message is in the log twice (${type})`,
      breaks: ["I10"],
      apply(events, random) {
        const line = pickLine(events, random, type);
        return line && inserted(events, line[1] + 1, { ...line[0], seq: line[0].seq + 1000 });
      },
    },
    {
      name: `one seq is two messages (${type})`,
      breaks: ["I5", "I10"],
      apply(events, random) {
        const line = pickLine(events, random, type);
        if (!line) return undefined;
        const [{ conversation, id }, at] = line;
        const other = pickLine(
          events,
          random,
          "recv",
          (recv) => recv.conversation === conversation && recv.id !== id,
        );
        if (!other) return undefined;
        const { id: otherId, body, sender } = other[0];
        const mixed = { ...line[0], id: otherId, body, sender };
        // At the end, where both are known.
        return inserted(events, Math.max(at, other[1]) + 1, mixed);
      },
    },
  ]),
  {
    name: "an entry is said to follow another one than it does",
    breaks: ["I4"],
    apply(events, random) {
      const line = pickLine(events, random, "recv");
      if (!line) return undefined;
      const { after, seq } = line[0];
      const other = after > 0 && random.chance(0.5) ? after - 1 : seq;
      return replaced(events, line[1], { ...line[0], after: other });
    },
  },
  {
    name: "an entry reaches a user who had left",
    breaks: ["I9"],
    apply(events, random) {
      const line = pickLine(events, random, "recv", ({ conversation }) => conversation === CHAT);
      const user = line && userOf(events, line[0].device);
      if (!line || user === undefined) return undefined;
      const through = line[0].seq - 1;
      const member = events.findIndex(
        (event) => event.type === "member" && event.conversation === CHAT && event.user === user,
      );
      const from = through === 0 ? line[0].seq + 1 : 1;
      const [before] = events.slice(member) as [Line<"member">];
      return replaced(events, member, { ...before, from, through });
    },
  },
  {
    name: "an entry reaches somebody who never was a member",
    breaks: ["I9"],
    apply(events, random) {
      const line = pickLine(events, random, "recv");
      if (!line) return undefined;
      const { at } = line[0];
      const eve = { at, type: "device", device: "eve-0", user: "us_eve" } as const;
      return inserted(events, line[1] + 1, eve, { ...line[0], device: "eve-0" });
    },
  },
  {
    name: "a new device begins behind what was sent later",
    breaks: ["I1", "I3", "I4"],
    apply(events, random) {
      const line = pickLine(events, random, "base", ({ conversation, seq }, at) =>
        events.some(
          (event, other) =>
            other > at &&
            isType(event, "ok") &&
            event.conversation === conversation &&
            event.seq === seq + 1 &&
            events.findIndex((invoke) => isType(invoke, "invoke") && invoke.id === event.id) > at,
        ),
      );
      return line && replaced(events, line[1], { ...line[0], seq: line[0].seq + 1 });
    },
  },
  {
    name: "a page lacks an entry",
    breaks: ["I7"],
    apply(events, random) {
      const line = pickLine(events, random, "page", ({ entries }) => entries.length > 1);
      if (!line) return undefined;
      const { entries } = line[0];
      const lost = random.below(entries.length - 1);
      return replaced(events, line[1], { ...line[0], entries: entries.toSpliced(lost, 1) });
    },
  },
  {
    name: "a question is not answered",
    breaks: ["I7"],
    apply(events, random) {
      const acked = new Set(events.flatMap((event) => (event.type === "ok" ? [event.id] : [])));
      const online = onlineAtEnd(events);
      const settled = events.findIndex(({ type }) => type === "settled");
      const line = pickLine(events, random, "page", ({ device, entries }, at) => {
        const isLast = at > settled - 40 && online.has(device);
        return isLast && entries.some(({ id }) => acked.has(id));
      });
      if (!line) return undefined;
      const { device } = line[0];
      const dialled = events.findLastIndex(
        (event) => isType(event, "dial") && event.device === device,
      );
      return dialled > line[1] ? undefined : events.toSpliced(line[1], 1);
    },
  },
  {
    name: "what was acknowledged cannot be read again",
    breaks: ["I7"],
    apply(events, random) {
      const acked = new Set(events.flatMap((event) => (event.type === "ok" ? [event.id] : [])));
      const newest = ({ entries }: Line<"page">) => acked.has(entries.at(-1)?.id ?? "");
      const settled = events.findIndex(({ type }) => type === "settled");
      // The last reading is behind all acknowledgements.
      const line = pickLine(
        events,
        random,
        "page",
        (page, at) => at > settled - 40 && newest(page),
      );
      const ask = line && (events[line[1] - 1] as Line<"ask">);
      if (!line || ask?.before !== 0) return undefined;
      const okBefore = events.findIndex(
        (event) => isType(event, "ok") && event.id === line[0].entries.at(-1)?.id,
      );
      if (okBefore > line[1]) return undefined;
      return replaced(events, line[1], { ...line[0], entries: line[0].entries.slice(0, -1) });
    },
  },
];

function isSameView(a: Line<"shown">, b: Line<"shown">): boolean {
  return a.device === b.device && a.conversation === b.conversation;
}

function isAcknowledged(events: Parameters<Mutation["apply"]>[0], id: string): boolean {
  return events.some((event) => isType(event, "ok") && event.id === id);
}

function userOf(events: Parameters<Mutation["apply"]>[0], device: string): string | undefined {
  const line = events.find((event) => isType(event, "device") && event.device === device);
  return line?.type === "device" ? line.user : undefined;
}
