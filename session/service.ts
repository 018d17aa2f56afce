import type { Clock, Timer } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { LinkHandler } from "../lib/link/link.js";
import type { Logger } from "../lib/log.js";
import { Advances } from "./advances.js";
import { Attention } from "./attention.js";
import { Blocks } from "./blocks.js";
import { Changes } from "./changes.js";
import type { Conversation, OwnedMember } from "./conversation.js";
import { Conversations } from "./conversations.js";
import { Cursors } from "./cursors.js";
import { Delivery } from "./delivery.js";
import { Eviction, evictionBounds } from "./eviction.js";
import { Gateways } from "./gateways.js";
import { History } from "./history.js";
import { Home } from "./home.js";
import type { HomeDevice } from "./home-user.js";
import { Owner } from "./owner.js";
import { Ownership } from "./ownership.js";
import { Parking } from "./parking.js";
import { ParserLink } from "./parser-link.js";
import { Questions } from "./questions.js";
import { ReadReceipts, type ReadReceiptsStore } from "./read-receipts.js";
import { ReceiptsLink } from "./receipts-link.js";
import { Replays } from "./replays.js";
import { Resumes } from "./resumes.js";
import { confirmSend, Sending } from "./sending.js";
import { type Pending, Shard } from "./shard.js";
import type { SessionStore, StoredEntry } from "./store.js";
import { Ticks } from "./ticks.js";
import { Typing } from "./typing.js";

export interface SessionDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly boot: string;
  readonly readReceipts: ReadReceiptsStore;
  readonly usersExist: (users: readonly string[]) => Promise<boolean>;
  readonly attentionMs: number;
  readonly cursorFlushMs: number;
  readonly advanceMs: number;
}

/** The session service without its rim: owner of conversations and home of users. Opens nothing. */
export class SessionService {
  readonly shards: readonly Shard[];
  readonly conversations: Conversations;
  readonly home: Home;
  readonly delivery: Delivery;
  readonly resumes: Resumes;
  readonly advances: Advances;
  readonly changes: Changes;
  readonly blocks: Blocks;
  readonly readReceipts: ReadReceipts;
  readonly replays: Replays;
  readonly parsers: LinkHandler;
  readonly receipts: LinkHandler;
  readonly #gateways: Gateways;
  readonly #owner: Owner;
  readonly #questions: Questions;
  readonly #attention: Attention;
  readonly #cursors: Cursors;
  readonly #eviction: Eviction;
  readonly #ownership: Ownership;
  #touched = new Set<Shard>();
  #flushing = false;
  #timers: Timer[] = [];

  constructor(readonly deps: SessionDeps) {
    const { store, clock, log, boot } = deps;
    const rim = { store, clock, log };
    this.shards = Array.from({ length: limits.shards }, (_, id) => {
      return new Shard(id, {
        store,
        boot,
        committed: (sends, closings) => this.#committed(sends, closings),
        lost: (shard, sends, error) => this.#ownership.lost(shard, sends, error),
      });
    });
    const { shards } = this;
    const touched = (shard: Shard | undefined) => this.#touch(shard);
    const gateways = new Gateways(clock);
    this.#gateways = gateways;
    this.readReceipts = new ReadReceipts(deps.readReceipts, (user) => this.home.users.get(user));
    const hidesReads = (user: string) => this.readReceipts.isOff(user);
    const home = this.#makeHome(hidesReads);
    const conversations = new Conversations({ ...deps, shards, home: (user) => home.user(user) });
    const advances = new Advances(clock, deps.advanceMs);
    const delivery = new Delivery({
      ...rim,
      cursorRose: (conversation, member) => advances.rose(conversation, member),
      drained: (device, conversation) => this.resumes.drained(device, conversation),
    });
    const resumes = new Resumes({
      ...rim,
      deliverFrom: (id, device, stored) => this.#owner.deliverFrom(id, device, stored),
      pending: (id, device) => this.#owner.pending(id, device),
    });
    const questions = new Questions(clock, hidesReads);
    const ticks = new Ticks({
      clock,
      advances,
      storeAgain: (feed) => delivery.keepDirty(feed),
      learn: (conversation) => questions.learn(conversation),
    });
    const history = new History({ store, log });
    const parking = new Parking({ ...rim, shards, delivery, ticks, questions, touched });
    this.replays = new Replays({ ...rim, parking });
    const attention = new Attention({ ...deps, conversations, shards, touched });
    const shared = { clock, log, shards, conversations, home, delivery, advances, resumes };
    this.#ownership = new Ownership({ ...shared, attention });
    const acts = { sending: new Sending(clock), ticks, parking, questions, history, touched };
    this.#owner = new Owner({ ...shared, ...acts, typing: new Typing(clock) });
    this.changes = this.#makeChanges({ conversations, home, ticks });
    const drop = (conversation: Conversation) => this.#ownership.drop(conversation);
    this.blocks = new Blocks({ conversations, shards, touched, ownership: this.#ownership });
    this.#eviction = new Eviction({ conversations, advances, drop, ...evictionBounds });
    this.#cursors = new Cursors({ store, delivery, log });
    this.parsers = new ParserLink({ gateways, home, owner: this.#owner });
    this.receipts = new ReceiptsLink({ advances, questions, conversations, ticks, home });
    this.conversations = conversations;
    this.home = home;
    this.delivery = delivery;
    this.resumes = resumes;
    this.advances = advances;
    this.#questions = questions;
    this.#attention = attention;
  }

  #makeHome(hidesReads: (user: string) => boolean): Home {
    const { clock } = this.deps;
    const attached = (device: HomeDevice) => this.#attached(device);
    return new Home({ clock, gateways: this.#gateways, attached, hidesReads });
  }

  #makeChanges(parts: { conversations: Conversations; home: Home; ticks: Ticks }): Changes {
    const { conversations, home, ticks } = parts;
    return new Changes({
      clock: this.deps.clock,
      conversations,
      shards: this.shards,
      touched: (shard) => this.#touch(shard),
      home: (user) => home.user(user),
      ticksKnown: (conversation, going) => ticks.known(conversation, going),
      committed: (conversation, entry, by) => {
        this.#appended(conversation, entry, by, "");
        ticks.membersChanged(conversation);
      },
      dropMember: (conversation, member) => this.#ownership.dropMember(conversation, member),
    });
  }

  /** Takes all shards over and starts the clockwork. */
  async start(): Promise<void> {
    await this.readReceipts.load();
    await this.#ownership.takeAll(this.shards);
    const { clock, cursorFlushMs } = this.deps;
    this.#timers = [
      clock.every(1_000, () => this.#sweep()),
      clock.every(limits.announceMs, () => this.advances.announceAll()),
      clock.every(cursorFlushMs, () => void this.#cursors.flush()),
    ];
  }

  /** Finishes the commits in flight and stores the cursors. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#ownership.stop();
    this.#attention.stop();
    this.#flush();
    this.advances.flushNow();
    while (this.shards.some((shard) => !shard.quiet && shard.owned)) await nextIteration();
    await this.#cursors.flush();
  }

  #attached(device: HomeDevice): void {
    this.delivery.restart(device);
    this.resumes.start(device);
  }

  /** A commit is durable: ✓ to the senders, the entries to everybody else. */
  #committed(sends: readonly Pending[], closings: readonly Conversation[]): void {
    for (const send of sends) {
      const { conversation } = send;
      conversation.pending--;
      if (send.kind === "aside") {
        send.committed();
        this.#ownership.dropEmpty(conversation);
        continue;
      }
      confirmSend(send);
      this.#appended(conversation, send.entry, send.member, send.device);
    }
    for (const conversation of closings) {
      conversation.pending--;
      this.#attention.closed(conversation);
    }
  }

  #appended(conversation: Conversation, entry: StoredEntry, by: OwnedMember, device: string): void {
    conversation.append(entry, by);
    this.delivery.committed(conversation, entry, device);
    this.#attention.opened(conversation);
  }

  #touch(shard: Shard | undefined): void {
    if (shard !== undefined) this.#touched.add(shard);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(this.#flush);
  }

  /** Once per event-loop iteration: what came in together is committed and announced together. */
  #flush = (): void => {
    this.#flushing = false;
    for (const shard of this.#touched) shard.flush();
    this.#touched.clear();
    this.advances.flush();
  };

  #sweep(): void {
    this.delivery.probe();
    this.resumes.sweep();
    this.#questions.expire();
    this.#attention.sweep();
    this.#eviction.sweep();
    this.home.expire();
  }
}

function nextIteration(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
