import { reconnectDelay } from "../../client/backoff.js";
import { Follower } from "../history/follower.js";
import type { ClientKind, ServerKind } from "../history/frame-notes.js";
import type { Recorder } from "../history/recorder.js";
import type { Device } from "../people.js";
import type { Codec } from "../protocol.js";
import { RawConversation } from "./raw-conversation.js";
import { RawLine } from "./raw-line.js";

const RESUME_REPEAT_MS = 5_000;
const CHECK_MS = 4_000;
const STABLE_MS = 10_000;
const BACKOFF_ATTEMPTS_MAX = 3;

export interface RawDeviceOptions {
  readonly recorder: Recorder;
  /** In the history. */
  readonly name: string;
  readonly device: Device;
  readonly codec: Codec;
  /** Base of a gateway's WebSocket address; asked at every connection. */
  readonly gateway: () => string;
}

/** What those who watch a device are told. */
export interface DeviceEvents {
  /** Its connection has ended. */
  cutOff(): void;
  acknowledged(): void;
  /** An entry of somebody else is shown. */
  shown(): void;
  /** All that was there when the device connected is there. */
  caughtUp(): void;
}

/** A device on the raw protocol that keeps every rule of a correct client, and stays connected. */
export class RawDevice {
  readonly #options: RawDeviceOptions;
  readonly #events: DeviceEvents;
  readonly #follower: Follower;
  readonly #conversations = new Map<string, RawConversation>();
  readonly #questions = new Map<number, (frame: ServerKind | undefined) => void>();
  readonly #timer: NodeJS.Timeout;
  #line: RawLine | undefined;
  #candidate: RawLine | undefined;
  #connects = 0;
  #attempts = 0;
  #openedMs = 0;
  #dialAtMs = 0;
  #resumeAtMs = Number.POSITIVE_INFINITY;
  #checkAtMs = 0;
  #requests = 0;
  #flushing = false;
  /** Frames that no correct device should ever be sent. */
  readonly refusals: string[] = [];

  constructor(options: RawDeviceOptions, events: DeviceEvents) {
    this.#options = options;
    this.#events = events;
    this.#follower = new Follower(options.recorder, options.name, options.device.user);
    this.#timer = setInterval(() => this.#tick(performance.now()), 50);
  }

  conversation(id: string): RawConversation {
    let conversation = this.#conversations.get(id);
    if (conversation === undefined) {
      const send = (kind: ClientKind) => this.#line?.send(kind) ?? false;
      conversation = new RawConversation({ id, send, last: () => this.last(id) });
      this.#conversations.set(id, conversation);
    }
    return conversation;
  }

  /** Messages without an outcome. */
  get unanswered(): number {
    let sum = 0;
    for (const conversation of this.#conversations.values()) sum += conversation.unanswered;
    return sum;
  }

  last(conversation: string): number {
    return this.#follower.last(conversation);
  }

  /** Asks once; undefined when the connection ends or `Failed` comes. */
  ask(question: (request: number) => ClientKind): Promise<ServerKind | undefined> {
    const request = ++this.#requests;
    return new Promise((resolve) => {
      if (!this.#line?.isOpen) return resolve(undefined);
      this.#questions.set(request, resolve);
      setTimeout(() => this.#answer(request, undefined), RESUME_REPEAT_MS).unref();
      this.#line.send(question(request));
    });
  }

  send(kind: ClientKind): void {
    this.#line?.send(kind);
  }

  /** Leaves the connection and opens the next one at once. */
  move(): void {
    this.#line?.drop();
    this.#dialAtMs = 0;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#candidate?.close();
    this.#line?.close();
  }

  #tick(nowMs: number): void {
    if (nowMs >= this.#dialAtMs && this.#candidate === undefined) this.#dial();
    if (nowMs >= this.#checkAtMs) {
      this.#checkAtMs = nowMs + CHECK_MS;
      this.#line?.check();
      this.#candidate?.check();
    }
    if (nowMs >= this.#resumeAtMs) {
      this.#resumeAtMs = nowMs + RESUME_REPEAT_MS;
      this.#line?.send({ $case: "resume", value: { token: this.#connects } });
    }
    if (this.#line?.isOpen) for (const one of this.#conversations.values()) one.flush(nowMs);
  }

  #dial(): void {
    this.#dialAtMs = Number.POSITIVE_INFINITY;
    const { device, codec, gateway } = this.#options;
    const url = `${gateway()}/v1/ws?connect=${++this.#connects}`;
    const line: RawLine = new RawLine({
      url,
      codec,
      accessToken: device.accessToken,
      follower: this.#follower,
      opens: () => this.#line?.close(),
      open: () => this.#opened(line),
      frame: (frame) => line === this.#line && this.#take(frame, performance.now()),
      end: (code, reason) => this.#ended(line, code, reason),
    });
    this.#candidate = line;
  }

  #opened(line: RawLine): void {
    const nowMs = performance.now();
    this.#candidate = undefined;
    this.#line = line;
    this.#dialAtMs = Number.POSITIVE_INFINITY;
    this.#openedMs = nowMs;
    this.#resumeAtMs = nowMs;
    for (const conversation of this.#conversations.values()) conversation.attach(nowMs);
    this.#tick(nowMs);
  }

  #ended(line: RawLine, code: number, reason: string): void {
    const nowMs = performance.now();
    if (code >= 4500) this.refusals.push(`closed with ${code} ${reason}`);
    if (line === this.#candidate) this.#candidate = undefined;
    else if (line === this.#line) {
      this.#line = undefined;
      this.#events.cutOff();
      this.#resumeAtMs = Number.POSITIVE_INFINITY;
      for (const request of [...this.#questions.keys()]) this.#answer(request, undefined);
      if (nowMs - this.#openedMs >= STABLE_MS) this.#attempts = 0;
    } else return;
    const attempt = Math.min(this.#attempts++, BACKOFF_ATTEMPTS_MAX);
    const askedMs = Number(/retry-after-ms=(\d+)/.exec(reason)?.[1] ?? 0);
    this.#dialAtMs = nowMs + Math.max(askedMs, reconnectDelay(attempt, Math.random()));
  }

  #take(frame: ServerKind, nowMs: number): void {
    const { value } = frame;
    const id = "conversation" in value ? value.conversation : "";
    const before = this.last(id);
    this.#follower.gets(frame);
    if (id !== "") this.#inConversation(this.conversation(id), frame, { before, nowMs });
    if ("request" in value) this.#answer(value.request, frame);
    if (frame.$case === "bases" && frame.value.complete) {
      this.#line?.send({ $case: "ackBases", value: {} });
    } else if (frame.$case === "caughtUp" && frame.value.token === this.#connects) {
      if (frame.value.pending > 0) this.#resumeAtMs = nowMs;
      else {
        this.#resumeAtMs = Number.POSITIVE_INFINITY;
        this.#events.caughtUp();
      }
    } else if (frame.$case === "draining") this.#dialAtMs = nowMs + frame.value.delayMs;
    this.#flushSoon();
  }

  #inConversation(
    conversation: RawConversation,
    frame: ServerKind,
    { before, nowMs }: { readonly before: number; readonly nowMs: number },
  ): void {
    switch (frame.$case) {
      case "sent":
        return this.#settle(conversation, frame.value.clientMessageId, frame.value.seq);
      case "deliver": {
        const { entry, conversation: id } = frame.value;
        if (entry === undefined) return;
        const own = entry.sender === this.#options.device.user;
        if (own) this.#settle(conversation, entry.clientMessageId, entry.seq);
        else if (this.last(id) !== before) this.#events.shown();
        return conversation.delivered(entry.seq, nowMs);
      }
      case "busy":
        return conversation.busy(frame.value.retryAfterMs, nowMs);
      case "outOfOrder":
        return conversation.outOfOrder(frame.value.expected);
      case "receipt":
        conversation.ownRead = Math.max(conversation.ownRead, frame.value.ownRead);
        conversation.peerRead = Math.max(conversation.peerRead, frame.value.read);
        return;
      case "rejected":
      case "conflict":
        this.refusals.push(`${frame.$case} ${JSON.stringify(frame.value)}`);
    }
  }

  #settle(conversation: RawConversation, id: string, seq: number): void {
    if (conversation.settle(id, seq, performance.now())) this.#events.acknowledged();
  }

  #answer(request: number, frame: ServerKind | undefined): void {
    this.#questions.get(request)?.(frame?.$case === "failed" ? undefined : frame);
    this.#questions.delete(request);
  }

  /** What is due after a frame goes out once for all that came with it. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      const nowMs = performance.now();
      for (const conversation of this.#conversations.values()) conversation.flush(nowMs);
    });
  }
}
