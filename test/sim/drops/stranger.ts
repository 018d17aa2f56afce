import { codecFor, type ServerFrameKind } from "../../../client/codec.js";
import type { FrameKind } from "../../../client/effects.js";
import { directId } from "../../../client/ids.js";
import type { SocketFactory } from "../../../client/socket.js";
import { type Deliver, NackReason, type Replace } from "../../../gen/chat/client/v1/delivery.js";
import { TypingKind } from "../../../gen/chat/client/v1/presence.js";
import { clientSockets } from "../client-socket.js";
import type { NetworkModel } from "../network-model.js";
import type { Random } from "../random.js";
import type { Scheduler } from "../scheduler.js";
import { tokenOf } from "../sim-auth.js";
import { SimProcess } from "../sim-process.js";

/** One thing it says until the answer comes. */
export interface Line {
  readonly say: FrameKind;
  readonly until: (answer: ServerFrameKind) => boolean;
}

const REPEAT_MS = 5_000;
/** It has the app open, and watches. */
const RENEW_MS = 10_000;
/** The first request of its watches. */
const WATCH = 100;
const codec = codecFor("chat.v1.proto");

interface Deps {
  readonly name: string;
  readonly user: string;
  /** It takes no entry of this user in until an operator sends it again. */
  readonly refused: string;
  readonly scheduler: Scheduler;
  readonly model: NetworkModel;
  readonly random: Random;
  readonly gateway: (connect: number) => string;
}

/** A client without the SDK: says what no good client says, and repeats it every 5 s until it is answered. */
export class Stranger {
  readonly process: SimProcess;
  readonly device: string;
  #socket: ReturnType<SocketFactory> | undefined;
  #connect = 0;
  #lines: Line[] = [];
  readonly #last = new Map<string, number>();

  constructor(readonly deps: Deps) {
    this.device = `dv_${deps.random.text(16)}`;
    this.process = new SimProcess(deps.name, deps.scheduler, deps.random.fork("process"));
  }

  /** Whether everything was answered. */
  get done(): boolean {
    return this.#lines.length === 0;
  }

  get waitsFor(): string {
    return this.#lines[0]?.say.$case ?? "";
  }

  start(lines: readonly Line[]): void {
    this.process.start("stranger", () => {
      this.#lines = [this.#resume(), ...lines];
      this.connect();
      this.process.clock.every(REPEAT_MS, () => this.#say());
      this.process.clock.every(RENEW_MS, () => this.#renew());
    });
  }

  /** Goes on with these when all before was answered. */
  add(lines: readonly Line[]): void {
    this.process.start("stranger", () => {
      const idle = this.done;
      this.#lines.push(...lines);
      if (idle) this.#say();
    });
  }

  /** Opens another connection; the one before is left to the server. */
  connect(): void {
    const { model, user } = this.deps;
    const connect = ++this.#connect;
    const open = clientSockets({
      model,
      process: this.process,
      gateway: () => this.deps.gateway(connect),
      rate: () => Number.POSITIVE_INFINITY,
    });
    const request = {
      url: `ws://sim/v1/ws?connect=${connect}`,
      subprotocol: "chat.v1.proto" as const,
      token: tokenOf(user, this.device),
    };
    this.#socket = open(request, {
      open: () => this.#say(),
      message: (data) => this.#take(codec.decode(data)),
      end: () => connect === this.#connect && this.process.clock.after(1_000, () => this.connect()),
    });
  }

  #resume(): Line {
    let based = false;
    return {
      say: { $case: "resume", value: { token: 1 } },
      until: ({ $case }) => {
        based ||= $case === "bases";
        return based && $case === "caughtUp";
      },
    };
  }

  #say(): void {
    const [line] = this.#lines;
    if (line) this.#send(line.say);
  }

  #renew(): void {
    this.#send({ $case: "background", value: {} });
    this.#send({ $case: "foreground", value: { automatic: true } });
    const conversation = directId(this.deps.user, this.deps.refused);
    this.#send({ $case: "typing", value: { conversation, kind: TypingKind.TEXT } });
    [this.deps.refused, this.deps.user].forEach((user, index) => {
      this.#send({ $case: "watch", value: { request: WATCH + index, user } });
    });
  }

  #send(frame: FrameKind): void {
    this.#socket?.send(codec.encode(frame));
  }

  #take(frame: ReturnType<typeof codec.decode>): void {
    if (!frame || frame.$case === "undecodable") return;
    if (frame.$case === "bases") this.#send({ $case: "ackBases", value: {} });
    if (frame.$case === "deliver") this.#delivered(frame.value);
    if (frame.$case === "placeholder") this.#passed(frame.value);
    if (frame.$case === "replace") this.#replaced(frame.value);
    if (!this.#lines[0]?.until(frame)) return;
    this.#lines.shift();
    this.#say();
  }

  #delivered({ conversation, after, entry }: Deliver): void {
    const { seq = 0, sender } = entry ?? {};
    const last = this.#last.get(conversation) ?? 0;
    if (seq > last && after <= last && sender === this.deps.refused) {
      const reason = NackReason.APPLICATION;
      return this.#send({ $case: "nack", value: { conversation, seq, reason } });
    }
    this.#passed({ conversation, after, seq });
  }

  #passed({ conversation, after, seq }: { conversation: string; after: number; seq: number }) {
    const last = this.#last.get(conversation) ?? 0;
    if (after > last) return this.#send({ $case: "resync", value: { conversation, last } });
    if (seq > last) this.#last.set(conversation, seq);
    this.#send({ $case: "ack", value: { conversation, seq: Math.max(seq, last) } });
  }

  #replaced({ conversation, entry }: Replace): void {
    this.#send({ $case: "replaced", value: { conversation, seq: entry?.seq ?? 0 } });
  }
}
