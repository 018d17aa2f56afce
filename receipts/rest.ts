import type { Clock, Timer } from "../lib/clock.js";
import type { Conversation } from "./conversation.js";

export interface RestDeps {
  readonly clock: Clock;
  /** How long a conversation rests after a flush; 0: not at all. */
  readonly ms: number;
  readonly rested: (conversation: Conversation) => void;
}

/**
 * Paces the flushes of busy conversations: the first one is made at once, the next at the earliest `ms` later. One timer
 * for all; as all rest equally long, they wake up in the order in which they came.
 */
export class Rest {
  readonly #deps: RestDeps;
  #resting: { readonly conversation: Conversation; readonly until: number }[] = [];
  #timer: Timer | undefined;
  #stopped = false;

  constructor(deps: RestDeps) {
    this.#deps = deps;
  }

  add(conversation: Conversation): void {
    const { clock, ms } = this.#deps;
    if (ms === 0 || this.#stopped) return;
    conversation.resting = true;
    this.#resting.push({ conversation, until: clock.nowMs() + ms });
    this.#timer ??= clock.after(ms, () => this.#wake());
  }

  /** Wakes all up now; from here on nobody rests. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { conversation } of this.#resting.splice(0)) this.#rouse(conversation);
  }

  #wake(): void {
    const { clock } = this.#deps;
    const now = clock.nowMs();
    let due = this.#resting.findIndex((entry) => entry.until > now);
    if (due < 0) due = this.#resting.length;
    const woken = this.#resting.splice(0, due);
    const next = this.#resting[0];
    this.#timer = next && clock.after(next.until - now, () => this.#wake());
    for (const { conversation } of woken) this.#rouse(conversation);
  }

  #rouse(conversation: Conversation): void {
    conversation.resting = false;
    this.#deps.rested(conversation);
  }
}
