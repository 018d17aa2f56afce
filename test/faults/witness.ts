import assert from "node:assert/strict";
import {
  ChatClient,
  type ClientStore,
  type MessageEvent,
  type Outcome,
  type SentEvent,
  type TickEvent,
  wsSocketFactory,
} from "../../client/node.js";
import { until } from "../until.js";

const IN_FLIGHT_MAX = 8;

/** A real SDK client that notes all it is told, in order. */
export class Witness {
  readonly shown: MessageEvent[] = [];
  readonly sent: SentEvent[] = [];
  readonly ticks: TickEvent[] = [];
  readonly #open = new Set<Promise<Outcome>>();
  #sending: Promise<void> = Promise.resolve();
  #stop = false;

  constructor(
    readonly name: string,
    readonly client: ChatClient,
  ) {
    client.on("message", (event) => this.shown.push({ ...event }));
    client.on("sent", (event) => this.sent.push({ ...event }));
    client.on("tick", (event) => this.ticks.push({ ...event }));
    client.on("rejected", (event) => assert.fail(`${name}: rejected ${JSON.stringify(event)}`));
  }

  /** Sends `<name> 1`, `<name> 2`, … with a few unanswered at a time, until `fallSilent`. */
  talk(peer: string): void {
    this.#sending = (async () => {
      for (let count = 1; !this.#stop; count++) {
        await this.say(peer, `${this.name} ${count}`);
        while (this.#open.size >= IN_FLIGHT_MAX) await Promise.race(this.#open);
      }
    })();
  }

  async say(peer: string, text: string): Promise<void> {
    const { sent } = await this.client.send(peer, text);
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
    const goal = this.sent.length + more;
    await until(`${this.name} to get on: ${goal} messages stored`, () => this.sent.length >= goal);
  }

  /** Reads all there is. */
  read(conversation: string, seq: number): Promise<void> {
    return this.client.markRead(conversation, seq);
  }
}

export interface SignInOptions {
  readonly server: string;
  readonly path: "register" | "login";
  readonly name: string;
  readonly store: ClientStore;
  readonly subprotocol?: "chat.v1.proto" | "chat.v1.json";
}

/** A connected witness on a new device. */
export async function newWitness(label: string, options: SignInOptions): Promise<Witness> {
  const { server, path, name, store, subprotocol = "chat.v1.proto" } = options;
  const credentials = { name, password: "correct horse battery", deviceName: label };
  const client = await ChatClient[path](server, credentials, {
    store,
    subprotocol,
    openSocket: wsSocketFactory,
  });
  const witness = new Witness(label, client);
  const caughtUp = new Promise((resolve) => client.on("caughtUp", resolve));
  await client.connect();
  await caughtUp;
  return witness;
}

/** What one device saw of a conversation, by seq: messages of others as shown, own ones as acknowledged. */
export function historyOf(witness: Witness): Map<number, string> {
  const history = new Map<number, string>();
  for (const { seq, text } of [...witness.shown, ...witness.sent]) {
    assert.ok(!history.has(seq), `${witness.name} saw seq ${seq} twice`);
    history.set(seq, text ?? "");
  }
  return new Map([...history].sort(([a], [b]) => a - b));
}

/** Ticks only rise, and delivered never lies below read. */
export function checkTicks({ name, ticks }: Witness): void {
  let last = { delivered: 0, read: 0 };
  for (const tick of ticks) {
    assert.ok(tick.delivered >= last.delivered && tick.read >= last.read, `${name}: ticks fell`);
    assert.ok(tick.read <= tick.delivered, `${name}: read before delivered`);
    last = tick;
  }
}

/** Messages are shown in ascending order of seq. */
export function checkOrder({ name, shown }: Witness): void {
  const seqs = shown.map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    [...seqs].sort((a, b) => a - b),
    `${name}: out of order`,
  );
}
