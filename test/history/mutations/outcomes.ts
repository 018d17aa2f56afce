import {
  inserted,
  isType,
  type Line,
  type Mutation,
  onlineAtEnd,
  pickLine,
  replaced,
} from "./mutation.js";

/** What becomes of messages. */
export const outcomeMutations: readonly Mutation[] = [
  {
    name: "a retry is told another seq",
    breaks: ["I13"],
    apply(events, random) {
      const line = pickLine(events, random, "ok");
      return line && inserted(events, line[1] + 1, { ...line[0], seq: line[0].seq + 1 });
    },
  },
  {
    name: "a stored message is refused",
    breaks: ["I13"],
    apply(events, random) {
      const line = pickLine(events, random, "ok");
      if (!line) return undefined;
      const { at, device, conversation, id } = line[0];
      const fail = { at, type: "fail", device, conversation, id, reason: "CONFLICT" } as const;
      return inserted(events, line[1] + 1, fail);
    },
  },
  {
    name: "a new message is taken for another one",
    breaks: ["I13"],
    apply(events, random) {
      const line = pickLine(events, random, "invoke");
      if (!line) return undefined;
      const { at, device, conversation, id } = line[0];
      const fail = { at, type: "fail", device, conversation, id, reason: "CONFLICT" } as const;
      return inserted(events, line[1] + 1, fail);
    },
  },
  {
    name: "a refused message is stored",
    breaks: ["I13"],
    apply(events, random) {
      const line = pickLine(events, random, "fail");
      if (!line) return undefined;
      const { at, device, conversation, id } = line[0];
      const ok = { at, type: "ok", device, conversation, id, seq: 1000, after: 999 } as const;
      return inserted(events, line[1] + 1, ok);
    },
  },
  {
    name: "a message is refused for another reason",
    breaks: ["I13"],
    apply(events, random) {
      const line = pickLine(events, random, "fail");
      return line && inserted(events, line[1] + 1, { ...line[0], reason: "CONTENT" });
    },
  },
  {
    name: "a seq is used again",
    breaks: ["I5", "I10", "I13"],
    apply(events, random) {
      const line = pickLine(events, random, "ok");
      if (!line) return undefined;
      const [{ conversation, id, seq }] = line;
      const other = pickLine(
        events,
        random,
        "ok",
        (ok) => ok.conversation === conversation && ok.id !== id,
      );
      return other && replaced(events, other[1], { ...other[0], seq });
    },
  },
  {
    name: "✓ for a message of another device",
    breaks: ["I2"],
    apply(events, random) {
      const line = pickLine(events, random, "ok");
      if (!line) return undefined;
      const [{ device: sender }, index] = line;
      const other = pickLine(
        events,
        random,
        "device",
        ({ device }, at) => at < index && device !== sender,
      );
      return other && replaced(events, index, { ...line[0], device: other[0].device });
    },
  },
  {
    name: "✓ says that an entry follows another one than it does",
    breaks: ["I4"],
    apply(events, random) {
      const line = pickLine(events, random, "ok");
      return line && replaced(events, line[1], { ...line[0], after: line[0].seq });
    },
  },
  {
    name: "messages overtake each other",
    breaks: ["I2", "I6"],
    apply(events, random) {
      const stored = new Set(events.flatMap((event) => (event.type === "ok" ? [event.id] : [])));
      const nextOf = (first: Line<"invoke">, from: number) =>
        events.findIndex(
          (event, at) =>
            at > from &&
            isType(event, "invoke") &&
            event.device === first.device &&
            event.conversation === first.conversation &&
            stored.has(event.id),
        );
      const line = pickLine(
        events,
        random,
        "invoke",
        (invoke, at) => stored.has(invoke.id) && nextOf(invoke, at) >= 0,
      );
      if (!line) return undefined;
      const second = nextOf(...line);
      return replaced(replaced(events, line[1], events[second] as Line<"invoke">), second, line[0]);
    },
  },
  {
    name: "a message never gets an outcome",
    breaks: ["I13"],
    apply(events, random) {
      const online = onlineAtEnd(events);
      const line = pickLine(events, random, "invoke", ({ device }) => online.has(device));
      if (!line) return undefined;
      const { id } = line[0];
      return events.filter(
        (event) => !("id" in event && event.id === id) || event.type === "invoke",
      );
    },
  },
];
