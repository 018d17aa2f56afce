import type { Conversation } from "./conversation.js";
import type { Events } from "./events.js";
import { segmentOf } from "./segment.js";
import type { ReceiptsStore } from "./store.js";

export interface LoadsDeps {
  readonly store: ReceiptsStore;
  readonly events: Events;
  /** Reads at a time. */
  readonly max: number;
  readonly loaded: (conversation: Conversation) => void;
  readonly failed: (conversation: Conversation, error: unknown) => void;
}

/** Reads conversations from the store, a bounded number at a time, each once however often it is asked for. */
export class Loads {
  readonly #deps: LoadsDeps;
  #queue: Conversation[] = [];
  #next = 0;
  #active = 0;
  #whenIdle: (() => void) | undefined;

  constructor(deps: LoadsDeps) {
    this.#deps = deps;
  }

  /** Puts the conversation in line; `start` begins to read. */
  add(conversation: Conversation): void {
    if (conversation.loading) return;
    conversation.loading = true;
    this.#queue.push(conversation);
  }

  start(): void {
    while (this.#active < this.#deps.max && this.#next < this.#queue.length) {
      void this.#load(this.#queue[this.#next++] as Conversation);
    }
    if (this.#next > 0 && this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
  }

  async #load(conversation: Conversation): Promise<void> {
    const { store, events } = this.#deps;
    this.#active++;
    const { generation } = store;
    let failure: unknown;
    try {
      const tail = await store.readTail(conversation.id, segmentOf(conversation.head));
      conversation.read(tail, generation);
      events.loaded();
    } catch (error) {
      failure = error;
    }
    this.#active--;
    conversation.loading = false;
    if (failure === undefined) this.#deps.loaded(conversation);
    else this.#deps.failed(conversation, failure);
    this.start();
    if (this.#active > 0) return;
    this.#whenIdle?.();
    this.#whenIdle = undefined;
  }

  /** Resolves when nothing is being read any more. */
  finish(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
    });
  }
}
