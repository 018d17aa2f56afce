import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Link } from "../lib/link/link.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import { Pace } from "./pace.js";

/** Arm of AdvanceFrame. */
const ADVANCE = 2;

/** Cursors of large groups are told this many times rarer than others. */
const LARGE_GROUP_PACES = 8;

type Risen = readonly [Conversation, OwnedMember];

/**
 * Tells receipts which cursors rose, and again until it has confirmed: the link may lose what it carries. At once when
 * none rose lately, else at most every `paceMs` and once per member: receipts makes each batch durable by itself, and
 * small batches would cost it, and the link, more than the messages they are about. The members of a large group get a message one after the
 * other and read it soon afterwards, so theirs collect for longer. Those of a group are told in one frame.
 */
export class Advances {
  #link: Link | undefined;
  /** Rose since the last flush. */
  readonly #fresh: Pace<Risen>;
  /** The same of large groups. */
  readonly #freshLarge: Pace<Risen>;
  /** Announced or to be announced, not confirmed. */
  #unconfirmed = new Map<OwnedMember, Conversation>();

  constructor(
    readonly clock: Clock,
    paceMs: number,
  ) {
    const announce = (risen: readonly Risen[]) => this.#announceFresh(risen);
    this.#fresh = new Pace(clock, paceMs, announce);
    this.#freshLarge = new Pace(clock, LARGE_GROUP_PACES * paceMs, announce);
  }

  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** A member's cursor rose. */
  rose(conversation: Conversation, member: OwnedMember): void {
    if (member.announcing) return;
    if (!this.#matters(conversation, member)) return;
    member.announcing = true;
    const isLarge = conversation.members.length > limits.fanOutAtOnce;
    (isLarge ? this.#freshLarge : this.#fresh).add([conversation, member]);
  }

  /** Cursors over nothing but the member's own entries change no tick. */
  #matters(conversation: Conversation, member: OwnedMember): boolean {
    return (
      member.read > member.confirmedRead ||
      (member.delivered > member.confirmedDelivered &&
        conversation.lastForeign(member.user) > member.confirmedDelivered)
    );
  }

  /** The end of an event-loop iteration: what rose is announced, now or when it is time. */
  flush(): void {
    this.#fresh.flush();
    this.#freshLarge.flush();
  }

  /** Announces what rose. */
  flushNow(): void {
    this.#fresh.flushNow();
    this.#freshLarge.flushNow();
  }

  #announceFresh(risen: readonly Risen[]): void {
    for (const [conversation, member] of risen) {
      this.#unconfirmed.set(member, conversation);
      member.announcing = false;
    }
    this.#announceAll(risen);
  }

  /** The members of a group in one frame, those of 1:1 conversations in one each. */
  #announceAll(risen: Iterable<Risen>): void {
    let groups: Map<Conversation, OwnedMember[]> | undefined;
    for (const [conversation, member] of risen) {
      if (conversation.cursors === undefined) {
        this.#announce(conversation, member);
        continue;
      }
      groups ??= new Map();
      const members = groups.get(conversation);
      if (members === undefined) groups.set(conversation, [member]);
      else members.push(member);
    }
    if (groups === undefined) return;
    for (const [conversation, members] of groups) this.#announceGroup(conversation, members);
  }

  #announce(conversation: Conversation, member: OwnedMember): void {
    const out = this.#link?.begin(ADVANCE, 96);
    if (out === undefined) return;
    out.ascii(1, conversation.id);
    out.uint(2, conversation.head);
    out.ascii(3, member.user);
    out.uint(4, member.delivered);
    out.uint(5, member.read);
    out.uint(6, this.clock.wallMs());
    this.#link?.end();
  }

  #announceGroup(conversation: Conversation, members: readonly OwnedMember[]): void {
    const out = this.#link?.begin(ADVANCE, 64 + members.length * 36);
    if (out === undefined) return;
    out.ascii(1, conversation.id);
    out.uint(2, conversation.head);
    out.uint(6, this.clock.wallMs());
    for (const { user, delivered, read } of members) {
      out.open(7, 40);
      out.ascii(1, user);
      out.uint(2, delivered);
      out.uint(3, read);
      out.close();
    }
    this.#link?.end();
  }

  /** Receipts has made cursors durable. */
  confirmed(conversation: Conversation, member: OwnedMember): void {
    if (!this.#matters(conversation, member)) this.#unconfirmed.delete(member);
  }

  up(link: Link): void {
    this.#link = link;
    this.announceAll();
  }

  down(link: Link): void {
    if (this.#link === link) this.#link = undefined;
  }

  /** On a new link and every 15 s: what is not confirmed is said again. */
  announceAll(): void {
    const risen: Risen[] = [];
    for (const [member, conversation] of this.#unconfirmed) {
      if (risen.length === limits.shardPendingMax) break;
      risen.push([conversation, member]);
    }
    this.#announceAll(risen);
  }

  /** Whether the member has something that receipts has not confirmed. */
  holds(member: OwnedMember): boolean {
    return member.announcing || this.#unconfirmed.has(member);
  }

  /** The conversation leaves memory. */
  forget(conversation: Conversation): void {
    for (const pace of [this.#fresh, this.#freshLarge]) {
      pace.keep(([other]) => other !== conversation);
    }
    for (const member of conversation.members) this.#unconfirmed.delete(member);
  }

  /** One member is no longer remembered. */
  forgetMember(member: OwnedMember): void {
    this.#freshLarge.keep(([, other]) => other !== member);
    this.#unconfirmed.delete(member);
  }
}
