import { limits } from "../lib/limits.js";
import type { Link } from "../lib/link/link.js";
import type { Conversation, Pending } from "./conversation.js";
import type { Events } from "./events.js";
import { minimaOf, writeAllConfirmed, writeConfirmed } from "./frames.js";
import type { FlushRow, ReceiptsStore } from "./store.js";

export interface CommitsDeps {
  readonly store: ReceiptsStore;
  readonly events: Events;
  /** Boot id of this process: part of every row's key. */
  readonly writer: string;
  /** The conversation must be read from the store before a row of it can be written. */
  readonly load: (conversation: Conversation) => void;
  /** A commit has dealt with so many moves of the conversation; it may have more. */
  readonly done: (conversation: Conversation, moves: number) => void;
  /** A row of the conversation is durable: is it to rest before the next one? */
  readonly rest: (conversation: Conversation) => void;
}

/** What one commit holds of one conversation. */
interface Flight {
  readonly conversation: Conversation;
  readonly moves: readonly Pending[];
  readonly row: FlushRow;
}

/** Moves in one commit; further conversations are in the next. Their answers fit the window of a link that has drained. */
const COMMIT_MOVES_MAX = limits.linkWindowFrames[3] / 2;

/**
 * One commit in flight for the whole instance; all that becomes ready meanwhile is the next one. So a tick waits for one or
 * two writes and never for a timer.
 */
export class Commits {
  readonly #deps: CommitsDeps;
  #ready: Conversation[] = [];
  #running = false;
  #lastRun: Promise<void> = Promise.resolve();

  constructor(deps: CommitsDeps) {
    this.#deps = deps;
  }

  /** The conversation has moves. */
  add(conversation: Conversation): void {
    if (conversation.ready || conversation.loading || conversation.resting) return;
    conversation.ready = true;
    this.#ready.push(conversation);
  }

  start(): void {
    if (this.#running || this.#ready.length === 0) return;
    this.#running = true;
    this.#lastRun = this.#run();
  }

  /** Resolves when everything that is ready is durable or lost. */
  async finish(): Promise<void> {
    this.start();
    await this.#lastRun;
  }

  async #run(): Promise<void> {
    const { store } = this.#deps;
    while (this.#ready.length > 0) {
      const flights = this.#collect();
      if (flights.length === 0) continue;
      let failure: unknown;
      try {
        await store.commit(flights.map((flight) => flight.row));
      } catch (error) {
        failure = error;
      }
      if (failure === undefined) this.#confirm(flights);
      else this.#lose(flights, failure);
    }
    this.#running = false;
  }

  #collect(): Flight[] {
    const { store, writer, load, done } = this.#deps;
    const { generation, exclusive } = store;
    const flights: Flight[] = [];
    let count = 0;
    let taken = 0;
    while (taken < this.#ready.length && count < COMMIT_MOVES_MAX) {
      const conversation = this.#ready[taken++] as Conversation;
      conversation.ready = false;
      if (conversation.pending.size === 0) {
        done(conversation, 0);
        continue;
      }
      if (!conversation.mayWrite(generation, exclusive)) {
        load(conversation);
        continue;
      }
      count += conversation.pending.size;
      const moves = this.#split(conversation);
      if (moves.length === 0) continue;
      flights.push({ conversation, moves, row: conversation.nextRow(moves, writer) });
    }
    this.#ready = taken === this.#ready.length ? [] : this.#ready.slice(taken);
    return flights;
  }

  /** Takes the pending moves: answers at once where nothing moves, and gives the others. */
  #split(conversation: Conversation): Pending[] {
    const moves: Pending[] = [];
    const still: Pending[] = [];
    for (const pending of conversation.pending.values()) {
      const durable = conversation.cursors.get(pending.user);
      if (pending.delivered <= (durable?.delivered ?? 0)) pending.delivered = 0;
      if (pending.read <= (durable?.read ?? 0)) pending.read = 0;
      (pending.delivered > 0 || pending.read > 0 ? moves : still).push(pending);
    }
    conversation.pending.clear();
    conversation.flying = moves.length > 0;
    if (still.length > 0) this.#answer(conversation, still);
    return moves;
  }

  #confirm(flights: readonly Flight[]): void {
    const { events, rest } = this.#deps;
    events.committed(flights.length);
    for (const { conversation, moves, row } of flights) {
      conversation.flying = false;
      conversation.wrote(row);
      rest(conversation);
      this.#answer(conversation, moves);
    }
  }

  /** From here on, `cursors` is durable. A link that is gone is not answered: the owner announces again. */
  #answer(conversation: Conversation, moves: readonly Pending[]): void {
    const { done } = this.#deps;
    if (conversation.members === "trusted") this.#answerAll(conversation, moves);
    else {
      const minima = minimaOf(conversation);
      for (const { link, user } of moves) {
        this.#told(link, 1, writeConfirmed(link, conversation, user, minima));
      }
    }
    done(conversation, moves.length);
  }

  /** In a group one frame tells of all moves of a link; there is mostly one. */
  #answerAll(conversation: Conversation, moves: readonly Pending[]): void {
    let rest = moves;
    while (rest.length > 0) {
      const { link } = rest[0] as Pending;
      const others = rest.filter((move) => move.link !== link);
      const own = others.length === 0 ? rest : rest.filter((move) => move.link === link);
      this.#told(link, own.length, writeAllConfirmed(link, conversation, own));
      rest = others;
    }
  }

  #told(link: Link, moves: number, taken: boolean): void {
    const { events } = this.#deps;
    if (taken) events.confirmed(moves);
    else if (link.alive) events.shed("answer", moves);
  }

  /** What is durable of it is not known: nobody is answered, and the store is asked before the next row. */
  #lose(flights: readonly Flight[], error: unknown): void {
    const { events, done } = this.#deps;
    let lost = 0;
    for (const { conversation, moves } of flights) {
      conversation.flying = false;
      conversation.forget();
      lost += moves.length;
      done(conversation, moves.length);
    }
    events.commitFailed(error, lost);
  }
}
