import { FailReason } from "../gen/chat/client/v1/history.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import { asciiOf } from "../lib/wire/ascii-of.js";
import { answerFailed } from "./answers.js";
import type { Conversation } from "./conversation.js";
import type { Connection } from "./home-user.js";
import { intervalStart, lastVisible } from "./membership.js";
import { arm, open, sendTo } from "./outgoing.js";
import type { SessionStore, StoredEntry, UserConversation } from "./store.js";

/** Reads for clients: pages of a log and of a user's list. Bounded in number; moves no cursor. */
export class History {
  #reading = 0;

  constructor(readonly deps: { readonly store: SessionStore; readonly log: Logger }) {}

  get reading(): number {
    return this.#reading;
  }

  /** Runs one read for a question, or answers it with Failed. */
  async #ask(origin: Connection, request: number, read: () => Promise<void>): Promise<void> {
    if (this.#reading >= limits.questionsMax) {
      return answerFailed(origin, request, FailReason.BUSY, 1_000);
    }
    this.#reading++;
    try {
      await read();
    } catch (error) {
      this.deps.log.warn({ err: error }, "a question could not be answered from the store");
      answerFailed(origin, request, FailReason.BUSY, 1_000);
    } finally {
      this.#reading--;
    }
  }

  /** A page of entries below `before`. */
  page(
    conversation: Conversation,
    origin: Connection,
    ask: { request: number; before: number; limit: number },
  ): void {
    const member = conversation.memberOf(origin.device.user);
    if (member === undefined) {
      return answerFailed(origin, ask.request, FailReason.NOT_FOUND);
    }
    const below = ask.before === 0 ? conversation.head : ask.before - 1;
    const through = lastVisible(member, Math.min(below, conversation.head));
    const limit = Math.min(ask.limit || limits.historyPageDefault, limits.historyPageMax);
    void this.#ask(origin, ask.request, async () => {
      // A page lies within one interval: what is in between is not even read.
      const from = intervalStart(member, through);
      const range = { from, through, limit, bytesMax: limits.answerBytesMax, newest: true };
      const entries = from === 0 ? [] : await this.deps.store.readEntries(conversation.id, range);
      const oldest = entries[0]?.seq ?? 0;
      answerHistory(origin, {
        request: ask.request,
        conversation: conversation.id,
        entries,
        before: lastVisible(member, oldest - 1) > 0 ? oldest : 0,
      });
    });
  }

  /** The entry at `seq` if this user sent it, for questions only its author may ask. */
  authored(
    conversation: Conversation,
    origin: Connection,
    ask: { request: number; seq: number },
    found: () => void,
  ): void {
    const { seq, request } = ask;
    const user = origin.device.user.id;
    const missing = () => answerFailed(origin, request, FailReason.NOT_FOUND);
    if (seq < 1 || seq > conversation.head || !conversation.canSee(user, seq)) return missing();
    const recent = conversation.recent(seq);
    if (recent !== undefined) return senderOf(recent) === user ? found() : missing();
    void this.#ask(origin, request, async () => {
      const range = { from: seq, through: seq, limit: 1, bytesMax: 1 };
      const [entry] = await this.deps.store.readEntries(conversation.id, range);
      if (entry !== undefined && senderOf(entry) === user) found();
      else missing();
    });
  }

  /** A page of the user's conversations. */
  list(origin: Connection, ask: { request: number; after: string; limit: number }): void {
    // The question is in fields that the next command fills anew.
    const { request, after } = ask;
    const limit = Math.min(
      ask.limit || limits.conversationsPageDefault,
      limits.conversationsPageMax,
    );
    void this.#ask(origin, request, async () => {
      const user = origin.device.user.id;
      const page = await this.deps.store.listUserConversations(user, after, limit + 1);
      answerConversations(origin, request, page.slice(0, limit), page.length > limit);
    });
  }
}

/** One entry from the store; undefined when it cannot be read. */
export async function entryAt(
  { store, log }: Pick<History["deps"], "store" | "log">,
  conversation: Conversation,
  seq: number,
): Promise<StoredEntry | undefined> {
  const recent = conversation.recent(seq);
  if (recent !== undefined) return recent;
  try {
    const range = { from: seq, through: seq, limit: 1, bytesMax: 1 };
    return (await store.readEntries(conversation.id, range))[0];
  } catch (error) {
    log.warn({ err: error }, "an entry could not be read");
    return undefined;
  }
}

export function senderOf(entry: StoredEntry): string {
  return asciiOf(entry.entry, 2);
}

interface HistoryFields {
  readonly request: number;
  readonly conversation: string;
  readonly entries: readonly StoredEntry[];
  readonly before: number;
}

function answerHistory(to: Connection, fields: HistoryFields): void {
  const bytes = fields.entries.reduce((sum, { entry }) => sum + entry.length + 4, 64);
  const out = open(to, arm.history, bytes, 2);
  if (out === undefined) return;
  out.uint(1, fields.request);
  out.ascii(2, fields.conversation);
  for (const { entry } of fields.entries) out.bytes(3, entry, 0, entry.length, true);
  out.uint(4, fields.before);
  sendTo(to, out);
}

function answerConversations(
  to: Connection,
  request: number,
  page: readonly UserConversation[],
  more: boolean,
): void {
  const out = open(to, arm.conversations, 16 + page.length * 52, 2);
  if (out === undefined) return;
  out.uint(1, request);
  for (const { conversation, seq, open: isOpen } of page) {
    out.open(2, 52);
    out.ascii(1, conversation);
    out.uint(2, seq);
    out.bool(3, isOpen);
    out.close();
  }
  if (more) out.ascii(3, page.at(-1)?.conversation ?? "");
  sendTo(to, out);
}
