import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import { shardOf } from "../lib/hash.js";
import { directMembers, isDirectId } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import { Conversation, newMember, type OwnedMember } from "./conversation.js";
import type { HomeUser } from "./home-user.js";
import { ParkedEntries } from "./parked.js";
import { RETRY_MS } from "./sending.js";
import { SendWindow } from "./sends.js";
import type { Shard } from "./shard.js";
import type { SentEntry, SessionStore } from "./store.js";

/** What waits for a conversation. Exactly one of the three is called. */
export interface Waiter {
  /** The waiter is a send or a block: the conversation may be created for it. */
  readonly creates: boolean;
  ready(conversation: Conversation): void;
  /** There is no such conversation, and it cannot be created. */
  absent(): void;
  /** It could not be loaded now. */
  busy(): void;
}

export interface ConversationsDeps {
  readonly store: SessionStore;
  readonly log: Logger;
  readonly shards: readonly Shard[];
  readonly home: (user: string) => HomeUser;
  /** Whether all these users exist; asked once per new conversation. */
  readonly usersExist: (users: readonly string[]) => Promise<boolean>;
}

/** Brings the windows of last sends up to date with the log: they are stored only now and then. */
function replay(conversation: Conversation, latest: readonly SentEntry[]): void {
  const { windows, unsaved } = conversation;
  for (const { seq, entry, device } of latest) {
    if (device !== "") {
      const window = windows.get(device) ?? new SendWindow();
      if (window.replay(seq, entry)) unsaved.set(device, window);
      windows.set(device, window);
    }
    if (unsaved.size === 0) continue;
    conversation.unsavedEntries++;
    conversation.unsavedBytes += entry.length;
  }
}

/** The conversations in memory, and the loading of the others. */
export class Conversations {
  readonly loaded = new Map<string, Conversation>();
  /** Members of all of them together: of groups most of what they take in memory. */
  members = 0;
  #loading = new Map<string, Waiter[]>();

  constructor(readonly deps: ConversationsDeps) {}

  get loading(): number {
    return this.#loading.size;
  }

  /** Loads the conversation for the waiter, together with whoever waits for it already. */
  load(id: string, waiter: Waiter): void {
    const waiters = this.#loading.get(id);
    if (waiters !== undefined) {
      if (waiters.length >= limits.loadWaitersMax) waiter.busy();
      else waiters.push(waiter);
      return;
    }
    const shard = this.deps.shards[shardOf(id, this.deps.shards.length)] as Shard;
    if (!shard.owned || this.#loading.size >= limits.loadsMax) return waiter.busy();
    this.#loading.set(id, [waiter]);
    void this.#load(id, shard);
  }

  /** The conversation, loaded when it was not in memory, or made; undefined when there is none. Throws BUSY. */
  async find(id: string, creates = false): Promise<Conversation | undefined> {
    return (
      this.loaded.get(id) ??
      new Promise((resolve, reject) => {
        this.load(id, {
          creates,
          ready: resolve,
          absent: () => resolve(undefined),
          busy: () => reject(busy()),
        });
      })
    );
  }

  async #load(id: string, shard: Shard): Promise<void> {
    const { epoch } = shard;
    let conversation: Conversation | undefined;
    let failed = false;
    try {
      conversation = await this.#read(id, shard.id);
      // One without entries, which only a block has left there, is to everybody as if it did not exist, in time, too.
      if (!conversation?.head) conversation = await this.#create(id, shard.id, conversation);
    } catch (error) {
      failed = true;
      this.deps.log.warn({ err: error }, "a conversation could not be loaded");
    }
    const waiters = this.#loading.get(id) ?? [];
    this.#loading.delete(id);
    if (failed || shard.epoch !== epoch) {
      for (const waiter of waiters) waiter.busy();
    } else if (conversation === undefined) {
      this.#notThere(id, waiters);
    } else {
      // A group may have been created meanwhile by one who had been told that there is none: what he made is the conversation.
      const present = this.loaded.get(id) ?? conversation;
      if (present === conversation) this.adopt(conversation);
      for (const waiter of waiters) waiter.ready(present);
    }
  }

  /** Keeps the conversation in memory. There never are two of one: their logs would part. */
  adopt(conversation: Conversation): void {
    if (this.loaded.has(conversation.id)) throw new Error("the conversation is in memory already");
    this.loaded.set(conversation.id, conversation);
    for (const member of conversation.members) this.hold(member);
  }

  /** Somebody is a member of a conversation in memory: the object of his connections stays, too. */
  hold(member: OwnedMember): void {
    // Looked up again: the object found while reading may have been forgotten meanwhile.
    member.home = this.deps.home(member.user);
    member.home.references++;
    this.members++;
  }

  /** He, or the conversation, leaves memory. */
  release(member: OwnedMember): void {
    member.home.references--;
    this.members--;
  }

  /** A send that came while the others were being told "absent" gets a load of its own. */
  #notThere(id: string, waiters: readonly Waiter[]): void {
    const refused = waiters.some((waiter) => waiter.creates) && this.#unknown.has(id);
    for (const waiter of waiters) {
      if (!waiter.creates || refused) waiter.absent();
      else this.load(id, waiter);
    }
    this.#unknown.delete(id);
  }

  /** Ids that were refused because a user does not exist, until their waiters are told. */
  #unknown = new Set<string>();

  async #read(id: string, shard: number): Promise<Conversation | undefined> {
    const stored = await this.deps.store.loadConversation(id);
    if (stored === undefined) return undefined;
    const conversation = new Conversation(id, shard);
    conversation.head = stored.head;
    conversation.pendingHead = stored.head;
    conversation.fannedOut = stored.head;
    conversation.version = stored.version;
    conversation.open = stored.open;
    conversation.group = stored.group;
    for (const member of stored.members) {
      conversation.enter(newMember(member, this.deps.home(member.user)));
    }
    for (const [device, row] of stored.sends) {
      conversation.windows.set(device, SendWindow.decode(row));
    }
    conversation.cursors?.rebuild(conversation.members, stored.version);
    replay(conversation, stored.latest);
    if (stored.parked.length > 0) conversation.parked = new ParkedEntries(stored.parked);
    conversation.assumeSenders();
    return conversation;
  }

  /** A 1:1 conversation between two users who exist comes into being with its first send, or when one of them blocks the other. */
  async #create(
    id: string,
    shard: number,
    stored: Conversation | undefined,
  ): Promise<Conversation | undefined> {
    const wanted = this.#loading.get(id)?.some((waiter) => waiter.creates) ?? false;
    if (!wanted) return undefined;
    // A group comes into being by a change, never by a send.
    const users = isDirectId(id) ? directMembers(id) : [];
    if (users.length === 0 || !(await this.deps.usersExist(users))) {
      this.#unknown.add(id);
      return undefined;
    }
    if (stored !== undefined) return stored;
    const conversation = new Conversation(id, shard);
    conversation.fresh = true;
    for (const user of users) {
      const member = { user, intervals: [{ from: 1, through: 0 }] };
      conversation.enter(newMember(member, this.deps.home(user)));
    }
    return conversation;
  }
}

/** Not now: the shard is not owned here, or has no room. */
export function busy(): RpcError {
  return new RpcError(ErrorReason.BUSY, "It cannot be reached now; try again.", RETRY_MS);
}
