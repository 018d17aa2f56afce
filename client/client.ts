import type { MemberReceipt } from "../gen/chat/client/v1/receipts.js";
import type { Credentials, DeviceInfo } from "./auth-api.js";
import { type Clock, defaultClock, defaultRandom, type Random } from "./clock.js";
import { codecFor, type Received } from "./codec.js";
import { Connection } from "./connection.js";
import { Directory, signInStore } from "./directory.js";
import type { FrameKind } from "./effects.js";
import { Engine } from "./engine.js";
import { ChatError, closedError, stopError } from "./errors.js";
import { type ClientEvents, type ConnectionEvent, Emitter } from "./events.js";
import { Groups } from "./groups.js";
import { defaultFetch } from "./http.js";
import { conversationWith, peerOf } from "./ids.js";
import type { ClientOptions, ConversationItem } from "./options.js";
import { type LocalMessage, type Outcome, Outcomes } from "./outcomes.js";
import { Presence } from "./presence.js";
import { Privacy } from "./privacy.js";
import { fetchHistory, getMessageInfo, type HistoryPage, listConversations } from "./queries.js";
import { Questions } from "./questions.js";
import { webSocketFactory } from "./socket.js";
import type {
  Account,
  ConversationRecord,
  OutboxItem,
  StoredMessage,
  StoredState,
} from "./store.js";
import { checkedText } from "./text.js";
import { bounds } from "./timings.js";
import { TokenKeeper } from "./tokens.js";

/** One device of one user: see README.md for what it promises. */
export class ChatClient {
  /** Groups the user is in, and changes of them. */
  readonly groups: Groups;
  /** Who is online, who is writing, and what others may know of this user. */
  readonly presence: Presence;
  /** What others may see of the user and do to him. */
  readonly privacy: Privacy;
  private readonly emitter = new Emitter();
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly directory: Directory;
  private readonly tokens: TokenKeeper;
  private readonly engine: Engine;
  private readonly questions: Questions;
  private readonly outcomes = new Outcomes();
  private connection: Connection | undefined;
  private lastState: ConnectionEvent | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly options: ClientOptions,
    private readonly state: StoredState,
    account: Account,
  ) {
    const { store } = options;
    this.clock = options.clock ?? defaultClock;
    this.random = options.random ?? defaultRandom;
    const { clock } = this;
    const fetch = options.fetch ?? defaultFetch;
    this.tokens = new TokenKeeper(account, { fetch, clock, store });
    this.directory = new Directory({ tokens: this.tokens, fetch, store, names: state.names });
    const learn: Directory["learn"] = (found) => this.directory.learn(found);
    const calls = { tokens: this.tokens, fetch, clock, random: this.random, learn };
    const seenVersion = (group: string) => this.position(group)?.group?.version ?? 0;
    this.groups = new Groups({ ...calls, seenVersion });
    this.privacy = new Privacy(calls);
    const transmit = (kind: FrameKind) => this.connection?.send(kind);
    this.questions = new Questions({ clock, transmit });
    this.presence = new Presence({ clock, transmit, emit: (event) => this.emitter.emit(event) });
    this.engine = new Engine(
      {
        store,
        clock,
        me: account.user,
        transmit,
        apply: options.apply ?? (() => {}),
        emit: (event) => {
          if (event.name === "sent") this.outcomes.sent(event.value);
          if (event.name === "rejected") this.outcomes.rejected(event.value);
          this.presence.sees(event);
          this.emitter.emit(event);
        },
        fail: ({ message }) => this.connection?.stop("store", `The store failed: ${message}`),
      },
      state,
    );
  }

  /** Creates an account with this as its first device. */
  static register(server: string, credentials: Credentials, options: ClientOptions) {
    return ChatClient.signIn("register", server, credentials, options);
  }

  /** Adds this device to an account. */
  static login(server: string, credentials: Credentials, options: ClientOptions) {
    return ChatClient.signIn("login", server, credentials, options);
  }

  /** The client of a store that was registered or logged in before; undefined when it was not. */
  static async fromStore(options: ClientOptions): Promise<ChatClient | undefined> {
    const state = await options.store.load();
    return state.account && new ChatClient(options, state, state.account);
  }

  private static async signIn(
    path: "register" | "login",
    server: string,
    credentials: Credentials,
    options: ClientOptions,
  ): Promise<ChatClient> {
    const { store, fetch = defaultFetch } = options;
    const account = await signInStore({ store, fetch, server }, path, credentials);
    return new ChatClient(options, await store.load(), account);
  }

  get account(): Readonly<Pick<Account, "server" | "name" | "user" | "device">> {
    return this.tokens.account;
  }

  /** Returns the function that unsubscribes. */
  on<K extends keyof ClientEvents>(
    name: K,
    listener: (value: ClientEvents[K]) => void,
  ): () => void {
    return this.emitter.on(name, listener);
  }

  /** Connects and stays connected. Resolves at the first connection, fails when there can be none. */
  connect(): Promise<void> {
    if (this.closing !== undefined) return Promise.reject(closedError());
    const first = new Promise<void>((resolve, reject) => {
      const off = this.on("connection", (event) => {
        if (event.state !== "online" && event.state !== "stopped") return;
        off();
        if (event.state === "online") resolve();
        else reject(stopError(event));
      });
    });
    if (this.connection !== undefined && this.lastState?.state === "online") {
      return Promise.resolve();
    }
    if (this.connection === undefined || this.lastState?.state === "stopped")
      this.startConnection();
    return first;
  }

  /** Keeps the message durably; it goes out as soon as there is a connection. */
  async send(conversationOrUser: string, text: string): Promise<LocalMessage> {
    if (this.closing !== undefined) throw closedError();
    const conversation = conversationWith(this.account.user, conversationOrUser);
    const waiting = this.engine.conversations.get(conversation)?.outbox.size ?? 0;
    if (waiting >= bounds.outboxMax) {
      throw new ChatError("FULL", `${waiting} messages are waiting to be sent already.`);
    }
    const clean = checkedText(text);
    const clientMessageId = this.random.uuid();
    const queuedAtUnixMs = this.clock.wallMs();
    const sent = this.outcomes.expect(clientMessageId);
    await this.engine.enqueue({ conversation, clientMessageId, text: clean, queuedAtUnixMs });
    return { conversation, clientMessageId, text: clean, sent };
  }

  /** The outcome of a message of the outbox, also of an earlier run. */
  outcome(clientMessageId: string): Promise<Outcome> {
    return this.outcomes.expect(clientMessageId);
  }

  /** Messages that are not on the server yet, in order. */
  outbox(conversation: string): readonly OutboxItem[] {
    return [...(this.engine.conversations.get(conversation)?.outbox.list() ?? [])];
  }

  /** The user has read everything up to `seq`; `automatic` when it was not he who did something, but a message came into an open chat. */
  markRead(conversation: string, seq: number, automatic = false): Promise<void> {
    return this.engine.markRead(conversation, seq, automatic);
  }

  /** What this device has stored of a conversation, oldest first; works without a connection. */
  stored(conversation: string, before = 0, limit = 50): Promise<StoredMessage[]> {
    return this.options.store.messages(conversation, before, limit);
  }

  /** This device's view of a conversation: `last`, ticks, read positions. */
  position(conversation: string): Readonly<ConversationRecord> | undefined {
    return this.engine.conversations.get(conversation)?.record;
  }

  /** One page of the conversation from the server, oldest first. */
  history(conversation: string, before = 0, limit = 50): Promise<HistoryPage> {
    return fetchHistory(this.questions, conversation, before, limit);
  }

  /** Who received and who read one own message, and when. */
  messageInfo(conversation: string, seq: number): Promise<MemberReceipt[]> {
    return getMessageInfo(this.questions, conversation, seq);
  }

  /** The user's conversations, all pages. */
  async conversations(): Promise<ConversationItem[]> {
    const listed = await listConversations(this.questions);
    return listed.map(({ conversation, seq }) => {
      const record = this.engine.position(conversation);
      const peer = peerOf(conversation, this.account.user);
      const peerName = peer && this.directory.nameOf(peer);
      return { ...record, peer, peerName, seq: Math.max(seq, record.last) };
    });
  }

  /** Finds a user by his exact name, and remembers the name. */
  lookUp(name: string): Promise<{ user: string; name: string }> {
    return this.directory.lookUp(name);
  }

  /** The user of a name this device has looked up before; works without a connection. */
  knownUser(name: string): string | undefined {
    return this.directory.knownUser(name);
  }

  nameOf(user: string): string | undefined {
    return this.directory.nameOf(user);
  }

  devices(): Promise<DeviceInfo[]> {
    return this.directory.devices();
  }

  /** Revokes a device of this user. */
  revoke(device: string): Promise<void> {
    return this.directory.revoke(device);
  }

  /** Revokes this device, forgets everything stored, and closes. */
  async logOut(): Promise<void> {
    await this.revoke(this.account.device);
    this.connection?.stop("closed", "logged out");
    await this.engine.close();
    await this.options.store.write([{ kind: "clear" }]);
    await this.close();
  }

  /** Ends everything; messages that were not sent stay in the outbox. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await this.engine.close();
    await this.tokens.close();
    this.questions.close();
    this.presence.close();
    this.connection?.stop("closed", "the client was closed");
    this.outcomes.close();
    this.emitter.clear();
    await this.options.store.close();
  }

  private startConnection(): void {
    const { device } = this.state;
    this.connection = new Connection({
      url: `${this.account.server.replace(/^http/, "ws")}/v1/ws`,
      openSocket: this.options.openSocket ?? webSocketFactory,
      clock: this.clock,
      codec: codecFor(this.options.subprotocol ?? "chat.v1.proto"),
      fraction: () => this.random.fraction(),
      tokens: this.tokens,
      nextConnect: async () => {
        const connect = ++device.connect;
        await this.options.store.write([{ kind: "connect", connect }]);
        return connect;
      },
      up: (connect) => {
        this.engine.attach(connect);
        this.questions.attach();
        this.presence.attach();
      },
      down: () => {
        this.engine.detach();
        this.presence.detach();
      },
      frame: (kind) => this.frame(kind),
      state: (event) => {
        this.lastState = event;
        this.emitter.emit({ name: "connection", value: event });
      },
    });
    this.tokens.start();
    this.connection.start();
  }

  private frame(kind: Received): void {
    if (this.engine.takeAnswer(kind) || this.presence.take(kind)) return;
    if (!this.questions.take(kind)) this.engine.frame(kind);
  }
}
