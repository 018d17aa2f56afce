import type { HistoryEvent } from "../events.js";
import { CHAT, inserted, type Mutation, pickLine, replaced } from "./mutation.js";

/** Time, catching up, and what no client can see. */
export const restMutations: readonly Mutation[] = [
  {
    name: "an entry comes too late",
    breaks: ["I1"],
    apply(events, random) {
      const late = lateAfter(events);
      const line = pickLine(events, random, "ok", (_, at) => late.has(at));
      if (!line) return undefined;
      return events.map((event, at) =>
        at > line[1] ? { ...event, at: event.at + 40_000 } : event,
      );
    },
  },
  {
    name: "a device is told too early that it has caught up",
    breaks: ["I1"],
    apply(events, random) {
      const behind = dialledBehind(events);
      const line = pickLine(events, random, "connect", (_, at) => behind.has(at));
      if (!line) return undefined;
      const { at, device } = line[0];
      return inserted(events, line[1] + 1, { at, type: "caughtUp", device, pending: 0 });
    },
  },
  {
    name: "a queue grows beyond its bound",
    breaks: ["I11"],
    apply(events, random) {
      const line = pickLine(events, random, "gauge");
      return line && replaced(events, line[1], { ...line[0], value: line[0].bound + 1 });
    },
  },
  {
    name: "a body is in a log",
    breaks: ["I12"],
    apply: (events) => [...events, { at: 0, type: "leak", where: "a log", what: "a body" }],
  },
  {
    name: "a deposed owner commits",
    breaks: ["I14"],
    apply(events, random) {
      const line = pickLine(events, random, "commit", ({ epoch }) => epoch > 1);
      if (!line) return undefined;
      return inserted(events, line[1] + 1, { ...line[0], epoch: line[0].epoch - 1 });
    },
  },
  {
    name: "two owners take over the same epoch",
    breaks: ["I14"],
    apply(events, random) {
      const line = pickLine(events, random, "takeOver");
      return line && inserted(events, line[1] + 1, line[0]);
    },
  },
];

const SHOWS = new Set<HistoryEvent["type"]>(["shown", "placeholder", "base"]);

/** What is known of the chat while its history is read. */
class Walk {
  acked = 0;
  readonly online = new Set<string>();
  /** The highest seq each device shows. */
  readonly shown = new Map<string, number>();
  readonly #devices: string[] = [];

  take(event: HistoryEvent): void {
    if (event.type === "device") this.#devices.push(event.device);
    else if (event.type === "connect") this.online.add(event.device);
    else if (event.type === "disconnect") this.online.delete(event.device);
    else if (!("conversation" in event) || event.conversation !== CHAT) return;
    else if (event.type === "ok") this.acked = Math.max(this.acked, event.seq);
    else if (SHOWS.has(event.type) && "device" in event && "seq" in event) {
      const before = this.shown.get(event.device) ?? 0;
      this.shown.set(event.device, Math.max(before, event.seq));
    }
  }

  lacks(device: string): boolean {
    const isMember = device.startsWith("ann") || device.startsWith("bob");
    return isMember && (this.shown.get(device) ?? 0) < this.acked;
  }

  get connectedBehind(): string[] {
    return this.#devices.filter((device) => this.online.has(device) && this.lacks(device));
  }
}

/** Lines with a ✓ for an entry that a connected device does not show yet. */
function lateAfter(events: readonly HistoryEvent[]): ReadonlySet<number> {
  const lines = new Set<number>();
  const walk = new Walk();
  events.forEach((event, at) => {
    walk.take(event);
    const isOk = event.type === "ok" && event.conversation === CHAT;
    if (isOk && walk.connectedBehind.length > 0) lines.add(at);
  });
  return lines;
}

/** Lines in which a device connects that does not have all it could have. */
function dialledBehind(events: readonly HistoryEvent[]): ReadonlySet<number> {
  const lines = new Set<number>();
  const walk = new Walk();
  events.forEach((event, at) => {
    walk.take(event);
    if (event.type === "connect" && walk.lacks(event.device)) lines.add(at);
  });
  return lines;
}
