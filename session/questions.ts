import { FailReason } from "../gen/chat/client/v1/history.js";
import { MemberReceipt } from "../gen/chat/client/v1/receipts.js";
import type { Clock } from "../lib/clock.js";
import { directMembers, isDirectId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import type { Link } from "../lib/link/link.js";
import type { WireReader } from "../lib/wire/reader.js";
import type { WireWriter } from "../lib/wire/writer.js";
import { answerFailed } from "./answers.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import type { Connection } from "./home-user.js";
import { canSee, countsFor } from "./membership.js";
import { arm, open, sendTo } from "./outgoing.js";

/** Arms of AdvanceFrame. */
const CURSOR_QUERY = 3;
const INFO_QUERY = 4;

interface CursorQuestion {
  readonly kind: "cursors";
  /** Who asked; undefined in a group, where one question is for all. */
  readonly origin: Connection | undefined;
  readonly conversation: string;
  readonly deadlineMs: number;
}

interface InfoQuestion {
  readonly kind: "info";
  readonly origin: Connection;
  readonly conversation: string;
  readonly seq: number;
  readonly request: number;
  /** Users who have the entry only as a placeholder, or never get it. */
  readonly without: readonly string[];
  readonly deadlineMs: number;
}

/** Questions that wait for receipts: bounded in number and time. */
export class Questions {
  #waiting = new Map<number, CursorQuestion | InfoQuestion>();
  #last = 0;
  #link: Link | undefined;

  constructor(
    readonly clock: Clock,
    /** Whether the user has switched his read receipts off. */
    readonly hidesReads: (user: string) => boolean,
  ) {}

  get waiting(): number {
    return this.#waiting.size;
  }

  up(link: Link): void {
    this.#link = link;
  }

  down(link: Link): void {
    if (this.#link === link) this.#link = undefined;
  }

  /** Asks for what the member is to be told of a conversation. Not answered when there is no room: the client pulls again. */
  askCursors(conversation: Conversation, member: OwnedMember, origin: Connection): void {
    const { cursors } = conversation;
    if (cursors === undefined) return void this.#askCursors(conversation, member.user, origin);
    cursors.untold.add(member);
    this.learn(conversation);
  }

  /** Asks for all cursors of a group, and again only when there was time for an answer. */
  learn(conversation: Conversation): void {
    const { cursors, members } = conversation;
    const now = this.clock.nowMs();
    if (cursors === undefined || now - cursors.askedMs < limits.questionMs) return;
    const user = members[0]?.user ?? "";
    if (this.#askCursors(conversation, user, undefined)) cursors.askedMs = now;
  }

  /** False when the question could not be asked. */
  #askCursors(
    { id, head, cursors, members }: Conversation,
    user: string,
    origin: Connection | undefined,
  ): boolean {
    if (this.#waiting.size >= limits.questionsMax) return false;
    const named = cursors === undefined ? [] : members;
    const out = this.#link?.begin(CURSOR_QUERY, 96 + named.length * 21);
    if (out === undefined) return false;
    const request = ++this.#last;
    const deadlineMs = this.clock.nowMs() + limits.questionMs;
    this.#waiting.set(request, { kind: "cursors", origin, conversation: id, deadlineMs });
    out.uint(1, request);
    out.ascii(2, id);
    out.uint(3, head);
    out.ascii(4, user);
    for (const member of named) out.ascii(5, member.user);
    this.#link?.end();
    return true;
  }

  /** Asks who received and read an entry of the origin's user. */
  askInfo(
    origin: Connection,
    entry: { conversation: Conversation; seq: number },
    request: number,
  ): void {
    const size = 96 + (entry.conversation.cursors ? entry.conversation.members.length * 21 : 0);
    const out =
      this.#waiting.size < limits.questionsMax ? this.#link?.begin(INFO_QUERY, size) : undefined;
    if (out === undefined) return answerFailed(origin, request, FailReason.BUSY, 1_000);
    const { conversation: of, seq } = entry;
    const { id: conversation, head } = of;
    const without = withoutIt(of, seq);
    const id = ++this.#last;
    const deadlineMs = this.clock.nowMs() + limits.questionMs;
    this.#waiting.set(id, {
      kind: "info",
      origin,
      request,
      conversation,
      seq,
      without,
      deadlineMs,
    });
    out.uint(1, id);
    out.ascii(2, conversation);
    out.uint(3, head);
    out.uint(4, seq);
    out.ascii(5, origin.device.user.id);
    if (of.cursors !== undefined) {
      for (const member of of.members) if (countsFor(member, seq)) out.ascii(6, member.user);
    }
    this.#link?.end();
  }

  /** The question that Cursors answers, once. */
  takeCursors(request: number): CursorQuestion | undefined {
    const question = this.#waiting.get(request);
    if (question?.kind !== "cursors") return undefined;
    this.#waiting.delete(request);
    return question;
  }

  /** Info arrived: passes its members on as they are. */
  info(body: WireReader): void {
    let request = 0;
    let busy = false;
    const members: Buffer[] = [];
    while (body.next()) {
      if (body.field === 1) request = body.uint();
      else if (body.field === 2) members.push(body.view());
      else if (body.field === 3) busy = body.bool();
    }
    const question = this.#waiting.get(request);
    if (question?.kind !== "info") return;
    this.#waiting.delete(request);
    if (busy) return answerFailed(question.origin, question.request, FailReason.BUSY, 1_000);
    const out = open(question.origin, arm.messageInfo, 64 + members.length * 48, 2);
    if (out === undefined) return;
    out.uint(1, question.request);
    out.ascii(2, question.conversation);
    out.uint(3, question.seq);
    const { conversation, without } = question;
    const hidden = isDirectId(conversation) && directMembers(conversation).some(this.hidesReads);
    for (const member of members) writeMember(out, member, { without, hidden });
    sendTo(question.origin, out);
  }

  /** Once a second: what was not answered in time fails, or is left for the client to ask again. */
  expire(): void {
    const now = this.clock.nowMs();
    for (const [id, question] of this.#waiting) {
      if (question.deadlineMs > now) return;
      this.#waiting.delete(id);
      if (question.kind === "info") {
        answerFailed(question.origin, question.request, FailReason.BUSY, 1_000);
      }
    }
  }
}

/** Who counts for the entry and does not have it: as a placeholder only, or in a 1:1 not at all, having blocked its author. */
function withoutIt({ parked, cursors, members }: Conversation, seq: number): readonly string[] {
  const without = parked?.withoutIt(seq) ?? [];
  if (cursors !== undefined) return without;
  const blocking = members.filter((member) => !canSee(member, seq)).map(({ user }) => user);
  return [...without, ...blocking];
}

/** A MemberReceipt as receipts gave it; of one who does not have the entry, without times, and where reads are `hidden`, without this one. */
function writeMember(
  out: WireWriter,
  member: Buffer,
  { without, hidden }: { readonly without: readonly string[]; readonly hidden: boolean },
): void {
  if (without.length > 0 || hidden) {
    const { user, deliveredAtUnixMs } = MemberReceipt.decode(member);
    const lacks = without.includes(user);
    if (lacks || hidden) {
      out.open(4, user.length + 16);
      out.ascii(1, user);
      if (!lacks) out.uint(2, deliveredAtUnixMs);
      out.close();
      return;
    }
  }
  out.bytes(4, member, 0, member.length, true);
}
