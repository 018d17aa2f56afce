import { FailReason } from "../gen/chat/client/v1/history.js";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import type { Clock } from "../lib/clock.js";
import { isDirectId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import { WireReader } from "../lib/wire/reader.js";
import type { Advances } from "./advances.js";
import { answerBusy, answerFailed, answerLastNumber, answerRejected } from "./answers.js";
import { CommandFields, kind, readCommand } from "./command.js";
import type { Conversation } from "./conversation.js";
import type { Conversations } from "./conversations.js";
import type { Delivery } from "./delivery.js";
import type { History } from "./history.js";
import type { Home } from "./home.js";
import type { Connection, HomeDevice } from "./home-user.js";
import { countVisible, isCurrent } from "./membership.js";
import type { Parking } from "./parking.js";
import type { Questions } from "./questions.js";
import type { Resumes, StoredCursor } from "./resumes.js";
import { RETRY_MS, type Sending } from "./sending.js";
import type { Shard } from "./shard.js";
import type { Ticks } from "./ticks.js";
import type { Typing } from "./typing.js";

export interface OwnerDeps {
  readonly clock: Clock;
  readonly shards: readonly Shard[];
  readonly conversations: Conversations;
  readonly home: Home;
  readonly sending: Sending;
  readonly delivery: Delivery;
  readonly advances: Advances;
  readonly ticks: Ticks;
  readonly parking: Parking;
  readonly questions: Questions;
  readonly history: History;
  readonly typing: Typing;
  readonly resumes: Resumes;
  /** Something may be waiting for the end of this event-loop iteration. */
  readonly touched: (shard: Shard | undefined) => void;
}

/** The commands of clients: finds the conversation, in memory or in the store, and does what the command says. */
export class Owner {
  #fields = new CommandFields();

  constructor(readonly deps: OwnerDeps) {}

  /** A client's frame: `arm` of ClientFrame, `body` before the arm's first field. */
  command(origin: Connection, arm: number, body: WireReader): void {
    const { buf, pos, end } = body;
    const fields = this.#fields;
    readCommand(arm, body, fields);
    switch (arm) {
      case kind.resume:
        return this.deps.resumes.request(origin, fields.request);
      case kind.ackBases:
        return void this.deps.resumes.basesStored(origin);
      case kind.listConversations:
        return this.deps.history.list(origin, fields);
      case kind.pullReceipts:
        return this.#pull(origin, fields.conversations);
    }
    const conversation = this.#loaded(origin);
    if (conversation !== undefined) return this.#apply(conversation, origin, arm, buf);
    const again = (run: (origin: Connection) => void) => () => {
      readCommand(arm, new WireReader().reset(buf, pos, end), fields);
      this.deps.home.visit(origin, run);
    };
    this.deps.conversations.load(fields.conversation, {
      creates: arm === kind.send,
      ready: (loaded) => again((now) => this.#apply(loaded, now, arm, buf))(),
      absent: again((now) => this.#absent(now, arm)),
      busy: again((now) => this.#busy(now, arm)),
    });
  }

  /** The conversation that `#fields` name, if it is in memory: mostly the same as in the device's last command. */
  #loaded(origin: Connection): Conversation | undefined {
    const { recent } = origin;
    const fields = this.#fields;
    const { buf, conversationStart: start, conversationEnd: end } = fields;
    if (recent?.isNamed(buf, start, end)) return recent;
    const loaded = this.deps.conversations.loaded.get(fields.conversation);
    // Only of a connection that is known, of a member: others would never be told to let go of it.
    const { device } = origin;
    if (device.connection === origin && loaded?.memberOf(device.user)) origin.recent = loaded;
    return loaded;
  }

  /** Does what `#fields` say. */
  #apply(conversation: Conversation, origin: Connection, arm: number, buf: Buffer): void {
    const fields = this.#fields;
    const { delivery } = this.deps;
    // One without entries, in memory for a block or a first send, is to everybody as if it did not exist.
    if (conversation.head === 0 && arm !== kind.send) return this.#absent(origin, arm);
    const shard = this.deps.shards[conversation.shard] as Shard;
    conversation.used = true;
    switch (arm) {
      case kind.send:
        if (fields.acked > 0) delivery.acknowledge(conversation, origin.device, fields.acked);
        this.deps.sending.send(shard, conversation, origin, fields, buf);
        break;
      case kind.ack:
        delivery.acknowledge(conversation, origin.device, fields.seq);
        break;
      case kind.read:
        this.#read(conversation, origin);
        break;
      case kind.resync:
        delivery.resync(conversation, origin.device, fields.seq);
        break;
      case kind.nack:
        this.deps.parking.nack(conversation, origin.device, fields.seq, fields.reason);
        break;
      case kind.replaced:
        this.deps.parking.replaced(conversation, origin.device, fields.seq);
        break;
      case kind.typing:
        return this.deps.typing.tell(conversation, origin, fields.doing);
      default:
        return this.#question(conversation, origin, arm);
    }
    this.deps.touched(shard);
  }

  #read(conversation: Conversation, origin: Connection): void {
    const { seq } = this.#fields;
    if (!this.deps.delivery.acknowledge(conversation, origin.device, seq)) return;
    const member = conversation.memberOf(origin.device.user);
    if (member === undefined) return;
    if (seq > member.read) {
      member.read = seq;
      this.deps.advances.rose(conversation, member);
    }
    // The client repeats Read until it sees its own cursor: it may have missed the answer.
    if (seq <= member.confirmedRead) this.#tell(conversation, origin);
  }

  #tell(conversation: Conversation, origin: Connection): void {
    const member = conversation.memberOf(origin.device.user);
    // Without entries it is not there, as far as anybody knows.
    if (member === undefined || conversation.head === 0) return;
    if (this.deps.ticks.tell(conversation, member, origin)) return;
    this.deps.questions.askCursors(conversation, member, origin);
  }

  #question(conversation: Conversation, origin: Connection, arm: number): void {
    const { request, seq, before, limit } = this.#fields;
    const member = conversation.memberOf(origin.device.user);
    if (member === undefined) return answerFailed(origin, request, FailReason.NOT_FOUND);
    switch (arm) {
      case kind.fetchHistory:
        return this.deps.history.page(conversation, origin, { request, before, limit });
      case kind.getMessageInfo: {
        // What the others do is no business of one who left a group.
        if (conversation.cursors && !isCurrent(member))
          return answerFailed(origin, request, FailReason.NOT_FOUND);
        return this.deps.history.authored(conversation, origin, { request, seq }, () =>
          this.deps.questions.askInfo(origin, { conversation, seq }, request),
        );
      }
      case kind.getLastNumber: {
        const last = conversation.windows.get(origin.device.id)?.last ?? 0;
        return answerLastNumber(origin, request, conversation.id, last);
      }
    }
  }

  #pull(origin: Connection, conversations: readonly string[]): void {
    for (const id of conversations.slice(0, limits.pullConversationsMax)) {
      const loaded = this.deps.conversations.loaded.get(id);
      if (loaded !== undefined) {
        this.#tell(loaded, origin);
        continue;
      }
      this.deps.conversations.load(id, {
        creates: false,
        ready: (conversation) =>
          this.deps.home.visit(origin, (now) => this.#tell(conversation, now)),
        absent: ignore,
        busy: ignore,
      });
    }
  }

  /** There is no such conversation: the same answer as for one that is not the caller's. */
  #absent(origin: Connection, arm: number): void {
    const { conversation, clientMessageId, number, request } = this.#fields;
    if (arm === kind.send) {
      const key = { conversation, clientMessageId, number };
      answerRejected(origin, key, RejectReason.NOT_FOUND, true);
    } else if (arm === kind.getLastNumber && isDirectId(conversation)) {
      answerLastNumber(origin, request, conversation, 0);
    } else if (isQuestion(arm)) {
      answerFailed(origin, request, FailReason.NOT_FOUND);
    }
  }

  #busy(origin: Connection, arm: number): void {
    const { conversation, clientMessageId, request } = this.#fields;
    if (arm === kind.send) answerBusy(origin, conversation, clientMessageId, RETRY_MS);
    else if (isQuestion(arm)) answerFailed(origin, request, FailReason.BUSY, RETRY_MS);
  }

  /** A home asks that the device gets what it misses of a conversation. */
  deliverFrom(id: string, device: HomeDevice, stored: StoredCursor): void {
    const loaded = this.deps.conversations.loaded.get(id);
    if (loaded !== undefined) return this.#resume(loaded, device, stored);
    this.deps.conversations.load(id, {
      creates: false,
      ready: (conversation) => this.#resume(conversation, device, stored),
      absent: () => this.deps.resumes.drained(device, id),
      busy: () => this.deps.resumes.postponed(device, id, stored),
    });
  }

  #resume(conversation: Conversation, device: HomeDevice, stored: StoredCursor): void {
    conversation.used = true;
    // The device may have gone, and come back as another object, while the conversation was loaded.
    if (device.resume?.draining.has(conversation.id) !== true) return;
    this.deps.delivery.resume(conversation, device, stored.cursor, stored.confirmed);
    this.deps.touched(undefined);
  }

  /** Entries the device has still to acknowledge. */
  pending(id: string, device: HomeDevice): number {
    const conversation = this.deps.conversations.loaded.get(id);
    const member = conversation?.memberOf(device.user);
    if (conversation === undefined || member === undefined) return 1;
    const acked = conversation.feeds.get(device.id)?.acked ?? 0;
    return countVisible(member, acked, conversation.head);
  }
}

/** Whether Failed answers it. */
function isQuestion(arm: number): boolean {
  return arm >= kind.fetchHistory && arm <= kind.getLastNumber;
}
function ignore(): void {}
