import type { Clock } from "../lib/clock.js";
import type { Link } from "../lib/link/link.js";
import { Commits } from "./commits.js";
import type { Conversation } from "./conversation.js";
import { Conversations } from "./conversations.js";
import { newCursor } from "./cursors.js";
import type { Events } from "./events.js";
import {
  type AdvanceFields,
  type CursorQueryFields,
  minimaOf,
  type UserFields,
  writeCursors,
} from "./frames.js";
import { Loads } from "./loads.js";
import { isMember, type MembersOf } from "./members.js";
import { Rest } from "./rest.js";
import type { ReceiptsStore } from "./store.js";

export interface ReceiptsDeps {
  readonly store: ReceiptsStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly membersOf: MembersOf;
  /** Boot id of this process. */
  readonly writer: string;
  readonly limits: ReceiptsLimits;
}

/** As in config.ts. */
export interface ReceiptsLimits {
  readonly flushMs: number;
  readonly conversationsMax: number;
  readonly pendingMax: number;
  readonly questionsMax: number;
  readonly loadsMax: number;
}

/** A move is read for, written, and if the commit before it failed read for and written again. */
const STOP_ROUNDS = 5;

/** The cursors of users: takes moves, makes them durable, answers. Nothing is said that is not durable. */
export class Receipts {
  readonly #deps: ReceiptsDeps;
  readonly #conversations: Conversations;
  readonly #loads: Loads;
  readonly #commits: Commits;
  readonly #rest: Rest;
  readonly #scratch = newCursor("");
  #pending = 0;
  #questions = 0;
  #stopped = false;

  constructor(deps: ReceiptsDeps) {
    const { store, events, clock, writer, membersOf, limits } = deps;
    this.#deps = deps;
    this.#conversations = new Conversations({ membersOf, idleMax: limits.conversationsMax });
    this.#loads = new Loads({
      store,
      events,
      max: limits.loadsMax,
      loaded: (conversation) => this.#loaded(conversation),
      failed: (conversation, error) => this.#notLoaded(conversation, error),
    });
    this.#commits = new Commits({
      store,
      events,
      writer,
      load: (conversation) => {
        this.#loads.add(conversation);
        this.#loads.start();
      },
      done: (conversation, moves) => this.#done(conversation, moves),
      rest: (conversation) => this.#rest.add(conversation),
    });
    this.#rest = new Rest({
      clock,
      ms: limits.flushMs,
      rested: (conversation) => this.#goOn(conversation),
    });
  }

  /** Moves that are not durable yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Conversations in memory. */
  get conversations(): number {
    return this.#conversations.size;
  }

  /** Takes moves in. `kick` follows when there are no more for now. */
  advance(fields: AdvanceFields, link: Link): void {
    const { events } = this.#deps;
    const conversation = this.#conversations.take(fields.conversation);
    if (conversation === undefined) {
      events.advanced();
      events.invalid();
      return;
    }
    const { count, users } = fields;
    if (count === 0) this.#move(conversation, fields, fields, link);
    for (let i = 0; i < count; i++) {
      this.#move(conversation, users[i] as UserFields, fields, link);
    }
    if (conversation.pending.size > 0) this.#commits.add(conversation);
    else this.#conversations.settle(conversation);
  }

  /** One user's move. */
  #move(
    conversation: Conversation,
    { user, delivered, read }: UserFields,
    { head, atMs }: AdvanceFields,
    link: Link,
  ): void {
    const { events, limits, clock } = this.#deps;
    events.advanced();
    if (Math.max(delivered, read) > head || !isMember(conversation.members, user)) {
      events.invalid();
      return;
    }
    if (head > conversation.head) conversation.head = head;
    if (this.#pending >= limits.pendingMax && !conversation.pending.has(user)) {
      events.shed("move");
      return;
    }
    const move = this.#scratch;
    move.user = user;
    move.delivered = delivered;
    move.read = read;
    move.deliveredAtMs = move.readAtMs = atMs || Math.max(1, clock.wallMs());
    if (conversation.add(move, link)) this.#pending++;
  }

  /** Answers from what is durable: at once, or when the conversation has been read. */
  ask(query: CursorQueryFields, link: Link): void {
    const { events, limits, store } = this.#deps;
    const conversation = this.#valid(query);
    if (!conversation) return;
    if (query.head > conversation.head) conversation.head = query.head;
    const { request, user } = query;
    const members = conversation.members === "trusted" ? query.members : [];
    const question = { link, request, user, members };
    if (conversation.isRead(store.generation)) {
      if (!writeCursors(question, conversation, minimaOf(conversation))) events.shed("answer");
    } else if (this.#questions >= limits.questionsMax) {
      events.shed("cursor query");
    } else {
      this.#questions++;
      conversation.questions.push(question);
      this.#loads.add(conversation);
    }
    this.#conversations.settle(conversation);
  }

  /** The moment to act on what has been taken in. */
  kick(): void {
    if (this.#stopped) return;
    this.#commits.start();
    this.#loads.start();
  }

  /** Makes durable what was taken in. Nothing may be taken in afterwards. */
  async stop(): Promise<void> {
    this.#rest.stop();
    let rounds = 0;
    do {
      await this.#commits.finish();
      await this.#loads.finish();
    } while (this.#pending > 0 && ++rounds < STOP_ROUNDS);
    this.#stopped = true;
  }

  #valid(query: CursorQueryFields): Conversation | undefined {
    const conversation = this.#conversations.take(query.conversation);
    if (conversation !== undefined && isMember(conversation.members, query.user)) {
      return conversation;
    }
    this.#deps.events.invalid();
    if (conversation) this.#conversations.settle(conversation);
    return undefined;
  }

  #loaded(conversation: Conversation): void {
    const { events } = this.#deps;
    const { questions } = conversation;
    if (questions.length > 0) {
      conversation.questions = [];
      this.#questions -= questions.length;
      const minima = minimaOf(conversation);
      for (const question of questions) {
        if (!writeCursors(question, conversation, minima)) events.shed("answer");
      }
    }
    this.#goOn(conversation);
  }

  /** The owner announces the moves again, and who asked asks again. */
  #notLoaded(conversation: Conversation, error: unknown): void {
    this.#deps.events.readFailed(error, conversation.pending.size);
    this.#pending -= conversation.pending.size;
    this.#questions -= conversation.questions.length;
    conversation.pending.clear();
    conversation.questions = [];
    this.#conversations.settle(conversation);
  }

  #done(conversation: Conversation, moves: number): void {
    this.#pending -= moves;
    if (conversation.pending.size > 0) this.#commits.add(conversation);
    else this.#conversations.settle(conversation);
  }

  #goOn(conversation: Conversation): void {
    if (conversation.pending.size > 0) this.#commits.add(conversation);
    else this.#conversations.settle(conversation);
    this.kick();
  }
}
