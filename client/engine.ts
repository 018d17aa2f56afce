import type { Clock, Timer } from "./clock.js";
import type { Received } from "./codec.js";
import { Conversation } from "./conversation.js";
import { conversationsOf } from "./conversations.js";
import type { Effects, FrameKind } from "./effects.js";
import { closedError } from "./errors.js";
import type { ClientEvent, MessageEvent } from "./events.js";
import type { Reader } from "./intake.js";
import { Resume } from "./resume.js";
import type {
  ClientStore,
  ConversationRecord,
  OutboxItem,
  StoredState,
  StoreWrite,
} from "./store.js";
import { newConversation } from "./store.js";
import { bounds } from "./timings.js";

/** Questions of the engine count from here, those of the app from 1. */
const REQUESTS = 2 ** 41;

export interface EngineDeps {
  store: ClientStore;
  clock: Clock;
  /** This user. */
  me: string;
  transmit(kind: FrameKind): void;
  emit(event: ClientEvent): void;
  /** Takes a message in before it is stored; throws when it cannot. */
  apply(message: MessageEvent): void;
  /** The store failed: nothing more may be acknowledged. */
  fail(error: Error): void;
}

/** What was asked for since the last commit; a frame belongs to the connection it was made for. */
class Step implements Effects {
  readonly writes: StoreWrite[] = [];
  readonly releases: ({ event: ClientEvent } | { frame: FrameKind; epoch: number })[] = [];

  constructor(private readonly epoch: () => number) {}

  write(write: StoreWrite): void {
    this.writes.push(write);
  }

  send(frame: FrameKind): void {
    this.releases.push({ frame, epoch: this.epoch() });
  }

  emit(event: ClientEvent): void {
    this.releases.push({ event });
  }
}

/**
 * The rim of the pure core: routes frames to conversations, stores what they want stored, and only
 * then sends and shows. One commit is in flight; what comes meanwhile is the next one.
 */
export class Engine {
  readonly conversations: Map<string, Conversation>;
  private readonly reader: Reader;
  private lastRequest = REQUESTS;
  private readonly resume: Resume;
  private readonly active = new Set<Conversation>();
  private step: Step;
  private epoch = 0;
  private online = false;
  private running: Promise<void> | undefined;
  private again = false;
  private waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private timer: Timer | undefined;
  private closed = false;

  constructor(
    private readonly deps: EngineDeps,
    state: StoredState,
  ) {
    this.resume = new Resume(state.device);
    this.step = new Step(() => this.epoch);
    const { me, apply } = deps;
    this.reader = { me, apply, request: () => ++this.lastRequest };
    this.conversations = conversationsOf(state, this.reader);
  }

  attach(connect: number): void {
    this.epoch++;
    this.online = true;
    const now = this.deps.clock.nowMs();
    this.resume.attach(connect, now);
    for (const conversation of this.conversations.values()) {
      conversation.attach(now);
      this.active.add(conversation);
    }
    this.schedule();
  }

  detach(): void {
    this.epoch++;
    this.online = false;
    this.resume.detach();
    for (const conversation of this.conversations.values()) conversation.detach();
  }

  /** Takes the answer to a question of the engine's own; true when it was one. */
  takeAnswer({ $case, value }: Received): boolean {
    if (($case !== "lastNumber" && $case !== "failed") || value.request <= REQUESTS) return false;
    const now = this.deps.clock.nowMs();
    for (const conversation of this.conversations.values()) {
      if (conversation.answer(value, now, this.step)) this.active.add(conversation);
    }
    this.schedule();
    return true;
  }

  /** Takes one frame of the server; questions' answers of the app are not the engine's. */
  frame(kind: Received): void {
    if (this.closed) return;
    if (kind.$case === "caughtUp") {
      this.resume.caughtUp(kind.value, this.step);
    } else if (kind.$case === "bases") {
      const now = this.deps.clock.nowMs();
      for (const base of kind.value.bases) this.touch(base.conversation)?.base(base, now);
      if (this.resume.bases(kind.value, this.step)) this.basesStored();
    } else if ("conversation" in kind.value) {
      const conversation = this.touch(kind.value.conversation);
      if (conversation !== undefined) this.route(conversation, kind);
    }
    this.schedule();
  }

  /** This device's integers of a conversation; those of a new one when it knows nothing of it. */
  position(id: string): Readonly<ConversationRecord> {
    return this.conversations.get(id)?.record ?? newConversation(id);
  }

  enqueue(item: Omit<OutboxItem, "order" | "number">): Promise<void> {
    const conversation = this.open(item.conversation);
    conversation.enqueue(item, this.deps.clock.nowMs(), this.step);
    this.active.add(conversation);
    return this.committed();
  }

  markRead(id: string, seq: number, automatic = false): Promise<void> {
    this.touch(id)?.markRead(seq, this.deps.clock.nowMs(), automatic);
    return this.committed();
  }

  /** Resolves when everything asked for so far is stored and released. */
  committed(): Promise<void> {
    if (this.closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.schedule();
    });
  }

  /** Sends the acknowledgements that wait, then stops. */
  async close(): Promise<void> {
    const now = this.deps.clock.nowMs();
    for (const conversation of this.active) conversation.hurry(now);
    if (!this.closed) await this.committed().catch(() => {});
    this.abandon(closedError());
    await this.running;
  }

  private abandon(error: Error): void {
    this.closed = true;
    this.timer?.cancel();
    for (const waiter of this.waiters.splice(0)) waiter.reject(error);
  }

  private route(conversation: Conversation, kind: Received): void {
    const { step } = this;
    const now = this.deps.clock.nowMs();
    switch (kind.$case) {
      case "deliver":
        conversation.deliver(kind.value, now, step, !this.resume.based);
        return;
      case "placeholder":
        conversation.placeholder(kind.value, now, step, !this.resume.based);
        return;
      case "replace":
        conversation.replace(kind.value, step);
        return;
      case "undecodable":
        conversation.undecodable(kind.value, now, !this.resume.based);
        return;
      case "sent":
        conversation.sent(kind.value, now, step);
        return;
      case "rejected":
        conversation.rejected(kind.value, now, step);
        return;
      case "conflict":
        conversation.conflict(kind.value.clientMessageId, now, step);
        return;
      case "outOfOrder":
        conversation.outOfOrder(kind.value.expected, now);
        return;
      case "busy":
        conversation.busy(kind.value, now);
        return;
      case "receipt":
        conversation.receipt(kind.value, step);
    }
  }

  private basesStored(): void {
    const now = this.deps.clock.nowMs();
    for (const conversation of this.conversations.values()) {
      conversation.basesStored(now);
      this.active.add(conversation);
    }
  }

  private touch(id: string): Conversation | undefined {
    if (id === "" || id.length > bounds.idLengthMax) return undefined;
    const conversation = this.open(id);
    this.active.add(conversation);
    return conversation;
  }

  private open(id: string): Conversation {
    let conversation = this.conversations.get(id);
    if (conversation === undefined) {
      conversation = new Conversation(newConversation(id), [], this.reader);
      this.conversations.set(id, conversation);
      if (this.online) conversation.attach(this.deps.clock.nowMs());
    }
    return conversation;
  }

  private schedule(): void {
    this.again = true;
    if (this.running !== undefined || this.closed) return;
    // A microtask later, so that frames of one network read share a commit.
    this.running = Promise.resolve()
      .then(() => this.run())
      .catch((error) => {
        this.abandon(error as Error);
        this.deps.fail(error as Error);
      })
      .finally(() => {
        this.running = undefined;
        if (this.again) this.schedule();
      });
  }

  private async run(): Promise<void> {
    while (!this.closed && (this.again || this.dueAt() <= this.deps.clock.nowMs())) {
      this.again = false;
      await this.commit();
    }
    this.wakeLater();
  }

  private async commit(): Promise<void> {
    const waiters = this.waiters.splice(0);
    const now = this.deps.clock.nowMs();
    if (this.online) this.resume.flush(now, this.step, this.conversations);
    for (const conversation of this.active) {
      conversation.flush(now, this.step);
      if (conversation.dueAt() === Number.POSITIVE_INFINITY) this.active.delete(conversation);
    }
    const { step } = this;
    this.step = new Step(() => this.epoch);
    try {
      if (step.writes.length > 0) await this.deps.store.write(step.writes);
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error as Error);
      throw error;
    }
    this.release(step);
    for (const waiter of waiters) waiter.resolve();
  }

  private release(step: Step): void {
    for (const release of step.releases) {
      if ("event" in release) this.deps.emit(release.event);
      else if (release.epoch === this.epoch && this.online) this.deps.transmit(release.frame);
    }
  }

  private wakeLater(): void {
    this.timer?.cancel();
    const dueAt = this.dueAt();
    if (this.closed || dueAt === Number.POSITIVE_INFINITY) return;
    const delay = Math.max(0, dueAt - this.deps.clock.nowMs());
    this.timer = this.deps.clock.after(delay, () => this.schedule());
  }

  private dueAt(): number {
    let dueAt = this.online ? this.resume.dueAt() : Number.POSITIVE_INFINITY;
    for (const conversation of this.active) dueAt = Math.min(dueAt, conversation.dueAt());
    return dueAt;
  }
}
