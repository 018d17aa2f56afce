import type { Link } from "../lib/link/link.js";
import type { Events } from "./events.js";
import { type InfoQueryFields, writeInfo } from "./frames.js";
import { type EntryQuestion, readReceipts } from "./history.js";
import type { MembersOf } from "./members.js";
import type { ReceiptsStore } from "./store.js";

export interface InfosDeps {
  readonly store: ReceiptsStore;
  readonly events: Events;
  readonly membersOf: MembersOf;
  /** Scans at a time. */
  readonly scansMax: number;
  /** Questions waiting for their turn. */
  readonly questionsMax: number;
}

interface Waiting {
  readonly link: Link;
  readonly request: number;
  readonly question: EntryQuestion;
}

/** Answers who received and read an entry from the history, a bounded number of questions at a time. */
export class Infos {
  readonly #deps: InfosDeps;
  #waiting: Waiting[] = [];
  #next = 0;
  #active = 0;
  #whenIdle: (() => void) | undefined;

  constructor(deps: InfosDeps) {
    this.#deps = deps;
  }

  ask(query: InfoQueryFields, link: Link): void {
    const { events, membersOf, questionsMax } = this.#deps;
    const { request, conversation, head, seq, author } = query;
    const all = seq >= 1 && seq <= head ? membersOf(conversation) : undefined;
    if (!all) {
      events.invalid();
      return;
    }
    if (this.#waiting.length - this.#next >= questionsMax) {
      events.shed("info query");
      writeInfo(link, request, undefined);
      return;
    }
    const members = (all === "trusted" ? query.members : all).filter((user) => user !== author);
    this.#waiting.push({ link, request, question: { conversation, head, seq, members } });
    this.#start();
  }

  /** Answers busy to whoever still waits, and resolves when no scan is under way. */
  stop(): Promise<void> {
    for (const { link, request } of this.#waiting.splice(this.#next)) {
      writeInfo(link, request, undefined);
    }
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  #start(): void {
    while (this.#active < this.#deps.scansMax && this.#next < this.#waiting.length) {
      void this.#scan(this.#waiting[this.#next++] as Waiting);
    }
    if (this.#next > 0 && this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
  }

  async #scan({ link, request, question }: Waiting): Promise<void> {
    const { store, events } = this.#deps;
    this.#active++;
    const members = await readReceipts(store, question).catch((error: unknown) => {
      events.readFailed(error, 0);
      return undefined;
    });
    this.#active--;
    if (link.alive && !writeInfo(link, request, members)) events.shed("answer");
    this.#start();
    if (this.#active === 0) this.#whenIdle?.();
  }
}
