import type { Link, LinkHandler } from "../lib/link/link.js";
import { WireReader } from "../lib/wire/reader.js";
import type { Advances } from "./advances.js";
import type { Conversation } from "./conversation.js";
import type { Conversations } from "./conversations.js";
import { type CursorFacts, readCursorFacts } from "./cursor-facts.js";
import type { Home } from "./home.js";
import type { Questions } from "./questions.js";
import type { Ticks } from "./ticks.js";

/** Arms of ConfirmFrame. */
const arm = { confirmed: 2, cursors: 3, info: 4 } as const;

/** Reads the frames of receipts: what became durable, and answers to questions. */
export class ReceiptsLink implements LinkHandler {
  #inner = new WireReader();

  constructor(
    readonly deps: {
      readonly advances: Advances;
      readonly questions: Questions;
      readonly conversations: Conversations;
      readonly ticks: Ticks;
      readonly home: Home;
    },
  ) {}

  up(link: Link): void {
    this.deps.questions.up(link);
    this.deps.advances.up(link);
  }

  down(link: Link): void {
    this.deps.questions.down(link);
    this.deps.advances.down(link);
  }

  batchEnd(): void {
    this.deps.ticks.flush();
  }

  /** In a group one frame tells of several users. */
  #confirmed(conversation: Conversation, facts: CursorFacts): void {
    const { ticks } = this.deps;
    if (facts.users.length === 0) ticks.confirmed(conversation, facts.user, facts);
    for (const { user, delivered, read } of facts.users) {
      facts.delivered = delivered;
      facts.read = read;
      ticks.confirmed(conversation, user, facts);
    }
  }

  frame(_link: Link, kind: number, body: WireReader): void {
    const { conversations, questions, ticks } = this.deps;
    if (kind === arm.info) return questions.info(body);
    if (kind !== arm.confirmed && kind !== arm.cursors) return;
    const facts = readCursorFacts(kind, body, this.#inner);
    const conversation = conversations.loaded.get(facts.conversation);
    if (kind === arm.confirmed) {
      if (conversation !== undefined) this.#confirmed(conversation, facts);
      return;
    }
    const question = questions.takeCursors(facts.request);
    if (question === undefined || conversation === undefined) return;
    if (question.origin === undefined) return ticks.learned(conversation, "", facts);
    this.deps.home.visit(question.origin, (origin) => {
      const { user } = origin.device;
      ticks.learned(conversation, user.id, facts);
      const member = conversation.member(user.id);
      if (member !== undefined) ticks.tell(conversation, member, origin);
    });
  }
}
