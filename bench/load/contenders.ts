import type { Say } from "../rig/rounds.js";
import { connectPairs } from "./closed-loop.js";
import { floorSubject, type LoadPair, meshSubject, type Skipped, type Subject } from "./subject.js";

/** A server that takes part in a comparison. */
export interface Contender {
  readonly name: string;
  readonly kind: "floor" | "product" | "peer";
  start(): Promise<Subject | Skipped>;
}

/** One that runs, with its pairs connected. */
export interface Running {
  readonly contender: Contender;
  readonly subject: Subject;
  readonly pairs: LoadPair[];
}

export const uwsFloor: Contender = {
  name: "uws",
  kind: "floor",
  start: () => floorSubject("uws"),
};

export const wsFloor: Contender = { name: "ws", kind: "floor", start: () => floorSubject("ws") };

export const all: Contender = { name: "all", kind: "product", start: () => meshSubject("all") };

export const mesh: Contender = {
  name: "mesh",
  kind: "product",
  start: () => meshSubject("processes"),
};

/** Starts all of them, does something with those that are there, and stops them. */
export async function withContenders<R>(
  contenders: readonly Contender[],
  pairs: number,
  say: Say,
  work: (running: readonly Running[]) => Promise<R>,
): Promise<R> {
  const running: Running[] = [];
  try {
    for (const contender of contenders) {
      const subject = await contender.start();
      if ("skipped" in subject) {
        say(`SKIPPED ${contender.name}: ${subject.skipped}`);
        continue;
      }
      const one: Running = { contender, subject, pairs: [] };
      running.push(one);
      one.pairs.push(...(await connectPairs(subject, pairs)));
    }
    return await work(running);
  } finally {
    for (const { subject, pairs: connected } of running) {
      for (const pair of connected) pair.close();
      await subject.stop();
    }
  }
}

/**
 * Throws when a generator that used so much of a core may have been the limit itself. A floor does
 * as little as the generator and is let through: its CPU per message is right, and its messages per
 * second are a lower bound.
 */
export function refuseBusyGenerator({ name, kind }: Contender, cores: number, max: number): void {
  if (kind !== "floor" && cores > max) {
    throw new Error(`${name}: the generator used ${cores.toFixed(2)} of a core`);
  }
}
