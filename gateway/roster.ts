import type { Clock, Timer } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Link } from "../lib/link/link.js";
import type { Connection } from "./connection.js";
import type { Connections } from "./connections.js";
import type { Counters } from "./counters.js";
import { writeAttach, writeRosterChunk, writeStalled } from "./uplink.js";

interface Deps {
  readonly connections: Connections;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly rosterMs: number;
  /** Any live parser link. */
  readonly anyLink: () => Link | undefined;
  /** From 0 to below 1, for jitter. */
  readonly random: () => number;
  /** Runs in a later iteration of the event loop. */
  readonly later: (run: () => void) => void;
}

/**
 * Rounds of the timer for which the Attach after a stall is repeated. Rosters that are asked for do not count: there may
 * be several within a moment. Nothing stays under way for longer, a silent link is broken before.
 */
const REPEAT_ATTACH_ROUNDS = 2.5;

/** A round under way: the walk over the connections and the lowest id that was not spoken for yet. */
interface Round {
  readonly link: Link;
  readonly walk: MapIterator<Connection>;
  next: number;
}

/**
 * Sends the full list of connections in chunks, one per event-loop iteration. Each chunk is built and written without
 * a pause and speaks only for ids that were issued before.
 *
 * A stalled connection must be listed, or it would count as ended, but a home that is new would start to push to it:
 * so Stalled follows at once. And since homes take "reads again" from Attach only, never from a roster, Attach is
 * repeated in the rosters after a stall, for a time: the first one may have been lost with a link, or be overtaken by a
 * Stalled that went through another parser.
 */
export class Roster {
  readonly #deps: Deps;
  readonly #wanted = new Set<Link>();
  readonly #step = () => this.step();
  #round: Round | undefined;
  #timer: Timer | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#rearm();
  }

  /** Sends all of it over this link; when a round is under way, after that. */
  want(link: Link | undefined): void {
    if (!link) return;
    this.#wanted.add(link);
    if (!this.#round) this.#begin();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#wanted.clear();
    this.#round = undefined;
  }

  /** Writes the next chunk of the round under way. */
  step(): void {
    const round = this.#round;
    if (!round) return;
    if (round.link.alive && this.#writeChunk(round)) {
      this.#deps.later(this.#step);
      return;
    }
    this.#round = undefined;
    this.#begin();
  }

  #begin(): void {
    for (const link of this.#wanted) {
      this.#wanted.delete(link);
      if (!link.alive) continue;
      this.#round = { link, walk: this.#deps.connections.values(), next: 1 };
      this.#deps.later(this.#step);
      return;
    }
  }

  /** False when the list is complete. */
  #writeChunk(round: Round): boolean {
    const { connections, counters } = this.#deps;
    const chunk: Connection[] = [];
    let done = false;
    while (chunk.length < limits.rosterChunkMax && !done) {
      const { value } = round.walk.next();
      if (value) chunk.push(value);
      else done = true;
    }
    const last = done ? connections.issued : (chunk.at(-1)?.id ?? 0);
    if (last < round.next) return !done;
    writeRosterChunk(round.link, { first: round.next, last }, chunk);
    counters.rosterChunks++;
    for (const connection of chunk) this.#repeatState(connection);
    round.next = last + 1;
    return !done;
  }

  #rearm(): void {
    const { clock, rosterMs, random, anyLink } = this.#deps;
    this.#timer = clock.after(rosterMs * (0.8 + 0.4 * random()), () => {
      this.want(anyLink());
      this.#rearm();
    });
  }

  #repeatState(connection: Connection): void {
    const { clock, rosterMs } = this.#deps;
    if (connection.stalled) {
      writeStalled(connection.link, connection);
    } else if (clock.nowMs() - connection.readsAgainMs < REPEAT_ATTACH_ROUNDS * rosterMs) {
      writeAttach(connection.link, connection);
    }
  }
}
