import { until } from "../until.js";
import { RawDevice, type RawDeviceOptions } from "./raw-device.js";
import { type Speaker, Watchers } from "./speaker.js";

/** As long as the slowest repetition may take, and a slow machine. */
const REST_MS = 120_000;
const READ_EVERY_MS = 400;
const PULL_EVERY_MS = 3_000;
const HISTORY_PAGE = 100;

export interface RawTalkerOptions extends RawDeviceOptions {
  /** From one message to the next. */
  readonly paceMs: number;
}

/** Talks over a raw-protocol device: one message after the other, up to sixteen of them unanswered. */
export class RawTalker implements Speaker {
  acknowledged = 0;
  readonly #watchers = new Watchers();
  readonly #device: RawDevice;
  readonly #options: RawTalkerOptions;
  #talking: NodeJS.Timeout | undefined;
  #reading: NodeJS.Timeout | undefined;
  #count = 0;

  private constructor(options: RawTalkerOptions) {
    this.#options = options;
    this.#device = new RawDevice(options, this.#watchers);
    const nothing = () => {};
    const acknowledged = () => this.acknowledged++;
    this.#watchers.add({ acknowledged, shown: nothing, caughtUp: nothing, cutOff: nothing });
  }

  /** Connects, and waits until the device is up to date. */
  static async start(options: RawTalkerOptions): Promise<RawTalker> {
    const talker = new RawTalker(options);
    await new Promise<void>((caughtUp) => {
      const nothing = () => {};
      talker.watch({ acknowledged: nothing, shown: nothing, caughtUp, cutOff: nothing });
    });
    return talker;
  }

  get name(): string {
    return this.#options.name;
  }

  get user(): string {
    return this.#options.device.user;
  }

  get refusals(): readonly string[] {
    return this.#device.refusals;
  }

  watch(events: Parameters<Watchers["add"]>[0]): void {
    this.#watchers.add(events);
  }

  move(): void {
    this.#device.move();
  }

  talk(id: string): void {
    const conversation = this.#device.conversation(id);
    this.#talking = setInterval(() => {
      if (!conversation.hasRoom) return;
      conversation.say(`${this.name} ${++this.#count}`, performance.now());
    }, this.#options.paceMs);
    this.#reading = setInterval(() => {
      conversation.read(this.#device.last(id), performance.now());
    }, READ_EVERY_MS);
  }

  async fallSilent(): Promise<void> {
    clearInterval(this.#talking);
    clearInterval(this.#reading);
    const answered = () => this.#device.unanswered === 0;
    await until(`the last answers to ${this.name}`, answered, REST_MS);
  }

  async say(id: string, text: string): Promise<void> {
    const conversation = this.#device.conversation(id);
    await until(`room for ${text}`, () => conversation.hasRoom, REST_MS);
    conversation.say(text, performance.now());
  }

  async shows(conversation: string, head: number): Promise<void> {
    const shown = () => this.#device.last(conversation) >= head;
    await until(`${this.name} to show ${head} messages`, shown, REST_MS);
  }

  async markRead(conversation: string, seq: number): Promise<void> {
    this.#device.conversation(conversation).read(seq, performance.now());
  }

  async blue(id: string): Promise<void> {
    const conversation = this.#device.conversation(id);
    let pulledMs = performance.now();
    const isBlue = () => {
      if (performance.now() - pulledMs > PULL_EVERY_MS) {
        pulledMs = performance.now();
        this.#device.send({ $case: "pullReceipts", value: { conversations: [id] } });
      }
      return conversation.peerRead >= conversation.newestOwn;
    };
    await until(`the blue tick of ${this.name}`, isBlue, REST_MS);
  }

  async knowsRead(id: string, seq: number): Promise<void> {
    const known = () => this.#device.conversation(id).ownRead >= seq;
    await until(`${this.name} to know that ${seq} is read`, known, REST_MS);
  }

  async fetchAll(conversation: string): Promise<void> {
    let before = 0;
    await until(
      `all of ${conversation}`,
      async () => {
        const limit = HISTORY_PAGE;
        const answer = await this.#device.ask((request) => ({
          $case: "fetchHistory",
          value: { request, conversation, before, limit },
        }));
        if (answer?.$case !== "history") return false;
        before = answer.value.before;
        return before === 0;
      },
      REST_MS,
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#talking);
    clearInterval(this.#reading);
    this.#device.close();
  }
}
