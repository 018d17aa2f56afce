import { type SocketFactory, wsSocketFactory } from "../../client/node.js";
import { Talker, type TalkerOptions } from "../faults/talker.js";
import type { Recorder } from "../history/recorder.js";
import { until, within } from "../until.js";
import type { DeviceEvents } from "./raw-device.js";
import type { Speaker } from "./speaker.js";

const READ_EVERY_MS = 400;
/** As long as the slowest repetition may take, and a slow machine. */
const REST_MS = 120_000;

export interface SdkTalkerOptions extends Omit<TalkerOptions, "openSocket" | "server"> {
  /** Base of a gateway's address; asked at every connection. */
  readonly gateway: () => string;
}

/** Talks over the SDK, on whichever gateway it gets. */
export class SdkTalker implements Speaker {
  readonly refusals: string[] = [];
  #reading: NodeJS.Timeout | undefined;
  readonly #read = new Map<string, number>();

  private constructor(readonly talker: Talker) {
    const { client, user } = talker;
    client.on("rejected", (message) => this.refusals.push(JSON.stringify(message)));
    client.on("connection", (event) => {
      if (event.state === "stopped" && event.reason !== "closed") this.refusals.push(event.why);
    });
    client.on("message", ({ conversation, seq, sender }) => {
      if (sender !== user) this.#read.set(conversation, seq);
    });
  }

  /** Signs in, and waits until the device is up to date. */
  static async start(
    recorder: Recorder,
    name: string,
    options: SdkTalkerOptions,
  ): Promise<SdkTalker> {
    const { gateway } = options;
    const openSocket: SocketFactory = (request, handlers) => {
      const url = request.url.replace(/^ws:\/\/[^/]+/, gateway().replace(/^http/, "ws"));
      return wsSocketFactory({ ...request, url }, handlers);
    };
    const server = gateway();
    return new SdkTalker(await Talker.start(recorder, name, { ...options, server, openSocket }));
  }

  get name(): string {
    return this.talker.name;
  }

  get user(): string {
    return this.talker.user;
  }

  get acknowledged(): number {
    return this.talker.acknowledged;
  }

  watch(events: DeviceEvents): void {
    const { client, user } = this.talker;
    client.on("connection", ({ state }) => state === "waiting" && events.cutOff());
    client.on("sent", () => events.acknowledged());
    client.on("message", ({ sender }) => sender !== user && events.shown());
    client.on("caughtUp", () => events.caughtUp());
  }

  /** The SDK decides by itself when it connects anew. */
  move(): void {}

  talk(conversation: string): void {
    this.talker.talk(conversation);
    this.#reading = setInterval(() => {
      for (const [conversation, seq] of this.#read) void this.markRead(conversation, seq);
      this.#read.clear();
    }, READ_EVERY_MS);
  }

  fallSilent(): Promise<void> {
    clearInterval(this.#reading);
    return within(`the last answers to ${this.name}`, this.talker.fallSilent(), REST_MS);
  }

  say(conversation: string, text: string): Promise<void> {
    return this.talker.say(conversation, text);
  }

  shows(conversation: string, head: number): Promise<void> {
    return this.talker.shows(conversation, head);
  }

  markRead(conversation: string, seq: number): Promise<void> {
    return this.talker.client.markRead(conversation, seq);
  }

  blue(conversation: string): Promise<void> {
    return this.talker.blue(conversation);
  }

  knowsRead(conversation: string, seq: number): Promise<void> {
    return this.talker.knowsRead(conversation, seq);
  }

  /** An answer may be late on a slow machine: then all is asked for again. */
  fetchAll(conversation: string): Promise<void> {
    const fetched = () =>
      this.talker.fetchAll(conversation).then(
        () => true,
        () => false,
      );
    return until(`all of ${conversation}`, fetched, REST_MS);
  }

  close(): Promise<void> {
    clearInterval(this.#reading);
    return this.talker.client.close();
  }
}
