import {
  CHAT,
  inserted,
  isType,
  type Mutation,
  onlineAtEnd,
  pickLine,
  replaced,
} from "./mutation.js";

/** Acknowledgements and ticks. */
export const cursorMutations: readonly Mutation[] = [
  ...(["ack", "read"] as const).flatMap((type): Mutation[] => [
    {
      name: `a device goes back (${type})`,
      breaks: ["I8"],
      apply(events, random) {
        const line = pickLine(events, random, type, ({ seq }) => seq > 1);
        return line && inserted(events, line[1] + 1, { ...line[0], seq: line[0].seq - 1 });
      },
    },
    {
      name: `a device claims what it does not have (${type})`,
      breaks: ["I8"],
      apply(events, random) {
        const line = pickLine(events, random, type);
        return line && replaced(events, line[1], { ...line[0], seq: line[0].seq + 1000 });
      },
    },
  ]),
  {
    name: "a tick comes before the acknowledgement",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(
        events,
        random,
        "receipt",
        ({ conversation, delivered }) => conversation === CHAT && delivered > 0,
      );
      if (!line) return undefined;
      const acks = ({ conversation, seq }: { conversation: string; seq: number }) =>
        conversation === CHAT && seq >= line[0].delivered;
      const first = events.findIndex(
        (event) => (isType(event, "ack") || isType(event, "read")) && acks(event),
      );
      const { device } = line[0];
      const begins = events.findIndex(
        (event) => isType(event, "device") && event.device === device,
      );
      // Behind the device's beginning, before the first that has so much.
      return begins > first || line[1] < first ? undefined : inserted(events, begins + 1, line[0]);
    },
  },
  {
    name: "a tick claims too much",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "receipt", ({ conversation }) => conversation === CHAT);
      if (!line) return undefined;
      const delivered = line[0].delivered + 1000;
      return replaced(events, line[1], { ...line[0], delivered });
    },
  },
  ...(["delivered", "read", "ownRead"] as const).map(
    (field): Mutation => ({
      name: `a tick goes back (${field})`,
      breaks: ["I8"],
      apply(events, random) {
        // An own read position of 0 is none that is stated.
        const least = field === "ownRead" ? 2 : 1;
        const line = pickLine(events, random, "receipt", (receipt) => receipt[field] >= least);
        if (!line) return undefined;
        const lower = { ...line[0], [field]: line[0][field] - 1 };
        return inserted(events, line[1] + 1, lower);
      },
    }),
  ),
  {
    name: "more is read than delivered",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "receipt");
      return line && replaced(events, line[1], { ...line[0], read: line[0].delivered + 1 });
    },
  },
  {
    name: "a reader is told of more than he has read",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "receipt");
      return line && replaced(events, line[1], { ...line[0], ownRead: line[0].ownRead + 1000 });
    },
  },
  {
    name: "a tick is shown that nobody told",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "tick");
      if (!line) return undefined;
      return replaced(events, line[1], { ...line[0], delivered: line[0].delivered + 1000 });
    },
  },
  {
    name: "a shown tick goes back",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(events, random, "tick", ({ delivered }) => delivered > 0);
      if (!line) return undefined;
      return inserted(events, line[1] + 1, { ...line[0], delivered: line[0].delivered - 1 });
    },
  },
  {
    name: "less is stored than was told",
    breaks: ["I8"],
    apply(events, random) {
      const line = pickLine(
        events,
        random,
        "receipt",
        ({ conversation, delivered }) => conversation === CHAT && delivered > 0,
      );
      if (!line) return undefined;
      const user = line[0].device.startsWith("ann") ? "us_bob" : "us_ann";
      const durable = pickLine(
        events,
        random,
        "durable",
        (event) => event.conversation === CHAT && event.user === user,
      );
      if (!durable) return undefined;
      const delivered = line[0].delivered - 1;
      return replaced(events, durable[1], { ...durable[0], delivered });
    },
  },
  {
    name: "the last tick never comes",
    breaks: ["I8"],
    apply(events, random) {
      const online = onlineAtEnd(events);
      const invokes = new Map(
        events.flatMap((event) => (isType(event, "invoke") ? [[event.id, event.device]] : [])),
      );
      const newest = new Map<string, number>();
      for (const event of events) {
        if (!isType(event, "ok") || event.conversation !== CHAT) continue;
        const user = invokes.get(event.id)?.slice(0, 3) ?? "";
        newest.set(user, Math.max(event.seq, newest.get(user) ?? 0));
      }
      const line = pickLine(events, random, "receipt", ({ device, conversation, delivered }) => {
        const own = newest.get(device.slice(0, 3)) ?? Number.POSITIVE_INFINITY;
        return conversation === CHAT && online.has(device) && delivered >= own;
      });
      if (!line || !isAckedByPeer(events, line[0].device, line[0].delivered, online))
        return undefined;
      const { device } = line[0];
      return events.filter((event) => {
        const isTick = event.type === "receipt" || event.type === "tick";
        return !(isTick && event.device === device && event.conversation === CHAT);
      });
    },
  },
];

function isAckedByPeer(
  events: Parameters<Mutation["apply"]>[0],
  author: string,
  seq: number,
  online: ReadonlySet<string>,
): boolean {
  return events.some(
    (event) =>
      isType(event, "ack") &&
      event.conversation === CHAT &&
      event.seq >= seq &&
      online.has(event.device) &&
      event.device.slice(0, 3) !== author.slice(0, 3),
  );
}
