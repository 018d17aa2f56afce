import type { Random } from "../../sim/random.js";
import type { Invariant } from "../checker/findings.js";
import type { HistoryEvent, HistoryFact } from "../events.js";

/** Breaks a valid history in one way. */
export interface Mutation {
  readonly name: string;
  /** It breaks at least one of these, always. */
  readonly breaks: readonly Invariant[];
  /** The broken history; undefined when this one has nothing to break in this way. */
  apply(events: readonly HistoryEvent[], random: Random): HistoryEvent[] | undefined;
}

export type Line<T extends HistoryFact["type"]> = Extract<HistoryEvent, { type: T }>;

/** The conversation whose two members never leave, in the generated histories. */
export const CHAT = "dm_ann_bob";

/** A line of this type that fits, and its index; undefined when there is none. */
export function pickLine<T extends HistoryFact["type"]>(
  events: readonly HistoryEvent[],
  random: Random,
  type: T,
  fits: (event: Line<T>, index: number) => boolean = () => true,
): [Line<T>, number] | undefined {
  const found: [Line<T>, number][] = [];
  events.forEach((event, index) => {
    if (isType(event, type) && fits(event, index)) found.push([event, index]);
  });
  return found.length > 0 ? random.pick(found) : undefined;
}

export function isType<T extends HistoryFact["type"]>(
  event: HistoryEvent,
  type: T,
): event is Line<T> {
  return event.type === type;
}

/** The history with another line in this place. */
export function replaced(
  events: readonly HistoryEvent[],
  index: number,
  ...lines: HistoryEvent[]
): HistoryEvent[] {
  return events.toSpliced(index, 1, ...lines);
}

/** The history with further lines at this index. */
export function inserted(
  events: readonly HistoryEvent[],
  index: number,
  ...lines: HistoryEvent[]
): HistoryEvent[] {
  return events.toSpliced(index, 0, ...lines);
}

/** Which of the lines was written by the sending device itself. */
export function ownIds(events: readonly HistoryEvent[]): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const event of events) if (event.type === "invoke") own.set(event.id, event.device);
  return own;
}

/** Devices that are connected at the end. */
export function onlineAtEnd(events: readonly HistoryEvent[]): ReadonlySet<string> {
  const online = new Set<string>();
  for (const event of events) {
    if (event.type === "connect") online.add(event.device);
    if (event.type === "disconnect") online.delete(event.device);
  }
  return online;
}
