import { setTimeout as after } from "node:timers/promises";
import {
  type ClientStore,
  MemoryStore,
  type Outcome,
  type SocketFactory,
  type Subprotocol,
} from "../../client/node.js";
import { RecordedClient, type SignIn } from "../history/recorded-client.js";
import type { Recorder } from "../history/recorder.js";
import { PASSWORD } from "../people.js";
import { until } from "../until.js";

const IN_FLIGHT_MAX = 8;
/** As long as the slowest repetition may take, and a slow machine. */
const REST_MS = 90_000;

export interface TalkerOptions {
  readonly server: string;
  readonly path: SignIn["path"];
  /** The name of the account. */
  readonly account: string;
  readonly store?: ClientStore;
  readonly subprotocol?: Subprotocol;
  readonly openSocket?: SocketFactory;
  /** From one message to the next; by default as fast as they are answered. */
  readonly paceMs?: number;
}

/** A recorded SDK client on a new device that talks without a pause when it is told to. */
export class Talker {
  acknowledged = 0;
  readonly #open = new Set<Promise<Outcome>>();
  #sending: Promise<void> = Promise.resolve();
  #stop = false;

  private constructor(
    readonly recorded: RecordedClient,
    readonly paceMs = 0,
  ) {
    recorded.client.on("sent", () => this.acknowledged++);
  }

  /** Signs in on a new device and waits until it has caught up. */
  static async start(recorder: Recorder, name: string, options: TalkerOptions): Promise<Talker> {
    const { server, path, account, store = new MemoryStore(), subprotocol, openSocket } = options;
    const credentials = { name: account, password: PASSWORD, deviceName: name };
    const signIn = { server, path, credentials };
    const given = { store, ...(subprotocol && { subprotocol }), ...(openSocket && { openSocket }) };
    const recorded = await RecordedClient.signIn(recorder, name, signIn, given);
    const caughtUp = new Promise((resolve) => recorded.client.on("caughtUp", resolve));
    await recorded.client.connect();
    await caughtUp;
    return new Talker(recorded, options.paceMs);
  }

  get name(): string {
    return this.recorded.name;
  }

  get user(): string {
    return this.recorded.user;
  }

  get client() {
    return this.recorded.client;
  }

  /** Sends `<name> 1`, `<name> 2`, … with a few unanswered at a time, until `fallSilent`. */
  talk(peer: string): void {
    this.#stop = false;
    this.#sending = (async () => {
      for (let count = 1; !this.#stop; count++) {
        await this.say(peer, `${this.name} ${count}`);
        if (this.paceMs > 0) await after(this.paceMs);
        while (this.#open.size >= IN_FLIGHT_MAX) await Promise.race(this.#open);
      }
    })();
  }

  async say(peer: string, text: string): Promise<void> {
    const { sent } = await this.recorded.send(peer, text);
    this.#open.add(sent);
    void sent.then(() => this.#open.delete(sent));
  }

  /** Stops talking; resolves when every message has its outcome. */
  async fallSilent(): Promise<void> {
    this.#stop = true;
    await this.#sending;
    await Promise.all(this.#open);
  }

  /** Waits until `more` further messages are acknowledged. */
  async progress(more: number): Promise<void> {
    const goal = this.acknowledged + more;
    await until(`${this.name} to get on: ${goal} messages stored`, () => this.acknowledged >= goal);
  }

  /** Waits until the device shows everything up to `head`. */
  async shows(conversation: string, head: number): Promise<void> {
    const last = () => this.client.position(conversation)?.last ?? 0;
    await until(`${this.name} to show ${head} messages`, () => last() >= head, REST_MS);
  }

  /** Waits until the newest own message is blue. */
  async blue(conversation: string): Promise<void> {
    const isBlue = () => {
      const position = this.client.position(conversation);
      return (position?.peerRead ?? 0) >= (position?.newestOwn ?? 0);
    };
    await until(`the blue tick of ${this.name}`, isBlue, REST_MS);
  }

  /** Waits until the device knows that its user has read up to `seq`. */
  async knowsRead(conversation: string, seq: number): Promise<void> {
    const known = () => this.client.position(conversation)?.ownRead ?? 0;
    await until(`${this.name} to know that ${seq} is read`, () => known() >= seq, REST_MS);
  }

  /** Fetches the whole conversation. */
  async fetchAll(conversation: string): Promise<void> {
    let before = 0;
    do {
      before = (await this.client.history(conversation, before, 100)).before;
    } while (before !== 0);
  }
}
