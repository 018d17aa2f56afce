import {
  ChatClient,
  type ClientOptions,
  type Credentials,
  defaultRandom,
  directId,
  type GroupChanged,
  isUserId,
  type LocalMessage,
  type Outcome,
  type Random,
  wsSocketFactory,
} from "../../client/node.js";
import { bodyOf, changeBody } from "./events.js";
import { recordedSockets } from "./recorded-sockets.js";
import type { Recorder } from "./recorder.js";

export interface SignIn {
  readonly server: string;
  readonly path: "register" | "login";
  readonly credentials: Credentials;
}

/** A client on the SDK of which everything is noted: what it is asked for, its frames, and what it shows. */
export class RecordedClient {
  private constructor(
    /** The device's name in the history. */
    readonly name: string,
    readonly client: ChatClient,
    readonly recorder: Recorder,
    readonly ids: Ids,
  ) {
    const { user } = client.account;
    const device = name;
    recorder.note({ type: "device", device, user });
    client.on("message", ({ conversation, seq, sender, clientMessageId: id, text }) => {
      const body = bodyOf(text);
      recorder.note({ type: "shown", device, conversation, seq, sender, id, body });
    });
    client.on("placeholder", ({ conversation, seq, sender, clientMessageId: id }) => {
      recorder.note({ type: "placeholder", device, conversation, seq, sender, id });
    });
    client.on("replaced", ({ conversation, seq, sender, clientMessageId: id, text }) => {
      const body = bodyOf(text);
      recorder.note({ type: "replaced", device, conversation, seq, sender, id, body });
    });
    client.on("sent", ({ conversation, seq, clientMessageId: id, text }) => {
      const body = bodyOf(text);
      recorder.note({ type: "shown", device, conversation, seq, sender: user, id, body });
    });
    client.on("group", ({ conversation, seq, sender, requestId: id, change }) => {
      const body = changeBody(change.kind?.$case);
      recorder.note({ type: "shown", device, conversation, seq, sender, id, body });
    });
    client.on("tick", ({ conversation, delivered, read }) => {
      recorder.note({ type: "tick", device, conversation, delivered, read });
    });
  }

  /** A client on a new device; connect it with `client.connect()`. */
  static async signIn(
    recorder: Recorder,
    name: string,
    { server, path, credentials }: SignIn,
    options: ClientOptions,
  ): Promise<RecordedClient> {
    const ids = new Ids(options.random);
    const recorded = recordedOptions(recorder, name, { ...options, random: ids.random });
    const client = await ChatClient[path](server, credentials, recorded);
    return new RecordedClient(name, client, recorder, ids);
  }

  /** The same device again, after its app had ended. */
  static async again(recorder: Recorder, name: string, options: ClientOptions) {
    const ids = new Ids(options.random);
    const recorded = recordedOptions(recorder, name, { ...options, random: ids.random });
    const client = await ChatClient.fromStore(recorded);
    if (client === undefined) throw new Error(`The store of ${name} holds no account.`);
    return new RecordedClient(name, client, recorder, ids);
  }

  get user(): string {
    return this.client.account.user;
  }

  async send(conversationOrUser: string, text: string): Promise<LocalMessage> {
    const { name: device, recorder, user } = this;
    const isUser = isUserId(conversationOrUser);
    const conversation = isUser ? directId(user, conversationOrUser) : conversationOrUser;
    // Noted before anything else is: a history has the messages of a device in their order.
    this.ids.next = (id) =>
      recorder.note({ type: "invoke", device, conversation, id, body: bodyOf(text) });
    const message = await this.client.send(conversation, text);
    void message.sent.then((outcome) => this.#unknown(message, outcome));
    return message;
  }

  /** Asks for a change of a group; `body` as in `changeBody`. */
  async change(body: string, run: () => Promise<GroupChanged>): Promise<GroupChanged> {
    const ids: string[] = [];
    // The key is among the ids that are made before anything is waited for.
    this.ids.each = (id) => ids.push(id);
    const changing = run();
    this.ids.each = () => {};
    const changed = await changing;
    const { user, recorder } = this;
    for (const id of ids) {
      recorder.note({ type: "change", conversation: changed.group, user, id, body });
    }
    recorder.note({ type: "changed", conversation: changed.group, seq: changed.seq });
    return changed;
  }

  /** Blocks a user, or ends that. */
  async block(type: "block" | "unblock", peer: string): Promise<void> {
    const seq = await this.client.privacy[type](peer);
    const conversation = directId(this.user, peer);
    this.recorder.note({ type, conversation, user: this.user, seq });
  }

  #unknown({ conversation, clientMessageId: id }: LocalMessage, { status }: Outcome): void {
    if (status !== "pending") return;
    this.recorder.note({ type: "info", device: this.name, conversation, id });
  }
}

function recordedOptions(recorder: Recorder, name: string, options: ClientOptions): ClientOptions {
  const openSocket = options.openSocket ?? wsSocketFactory;
  return { ...options, openSocket: recordedSockets(recorder, name, openSocket) };
}

/** Random ids; who waits for the next one is told. */
class Ids {
  constructor(readonly inner: Random = defaultRandom) {}

  next: (id: string) => void = () => {};
  each: (id: string) => void = () => {};
  readonly random: Random = {
    fraction: () => this.inner.fraction(),
    uuid: () => {
      const id = this.inner.uuid();
      this.each(id);
      this.next(id);
      this.next = () => {};
      return id;
    },
  };
}
