import type { FailReason } from "../gen/chat/client/v1/history.js";
import type { RejectReason } from "../gen/chat/client/v1/messages.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { serverFrames } from "../lib/contract.js";
import type { Link, PriorityClass } from "../lib/link/link.js";
import { WireWriter } from "../lib/wire/writer.js";
import type { Counters } from "./counters.js";
import type { FrameView } from "./frame.js";
import type { JsonCodec } from "./json.js";
import { type PushTarget, writePush } from "./push-writer.js";
import { SEND } from "./rules.js";
import { Slice } from "./slice.js";

/** Field numbers of the arms of ServerFrame that the parser itself writes. */
const ARM = { pong: 1, rejected: 3, busy: 6, failed: 15, draining: 16 } as const;

/** How long a client waits before it repeats what could not be passed on. */
export const BUSY_RETRY_MS = 1000;

/** Ids longer than this are not echoed: no id of the contract comes near it. */
const ECHO_BYTES_MAX = 256;

/** Who is answered. */
export interface Asker {
  link: Link;
  readonly target: PushTarget;
}

/** The class of each arm of ServerFrame, by its number. */
export const serverClasses: readonly PriorityClass[] = serverFrames().reduce<PriorityClass[]>(
  (classes, arm) => {
    classes[arm.number] = arm.priority;
    return classes;
  },
  [],
);

/** Seals the server frames that the parser says by itself, in the codec of the connection. */
export class Answers {
  readonly #json: JsonCodec;
  readonly #counters: Counters;
  readonly #frame = new WireWriter(1024);
  readonly #data = new Slice();

  constructor(deps: { readonly json: JsonCodec; readonly counters: Counters }) {
    this.#json = deps.json;
    this.#counters = deps.counters;
  }

  pong(asker: Asker, nonce: number): void {
    const writer = this.#open(ARM.pong);
    writer.uint(1, nonce);
    this.#push(asker, ARM.pong);
  }

  /** A Send that will never be accepted; its number is free, for nothing was stored. */
  rejected(asker: Asker, frame: FrameView, reason: RejectReason): void {
    const writer = this.#open(ARM.rejected);
    echo(writer, 1, frame, SEND.conversation);
    echo(writer, 2, frame, SEND.clientMessageId);
    writer.uint(3, frame.uint(SEND.number));
    writer.uint(4, reason);
    writer.bool(5, true);
    this.#push(asker, ARM.rejected);
  }

  /** A Send that cannot be passed on now. */
  busy(asker: Asker, frame: FrameView): void {
    const writer = this.#open(ARM.busy);
    echo(writer, 1, frame, SEND.conversation);
    echo(writer, 2, frame, SEND.clientMessageId);
    writer.uint(3, BUSY_RETRY_MS);
    this.#push(asker, ARM.busy);
  }

  failed(asker: Asker, request: number, reason: FailReason, retryAfterMs: number): void {
    const writer = this.#open(ARM.failed);
    writer.uint(1, request);
    writer.uint(2, reason);
    writer.uint(3, retryAfterMs);
    this.#push(asker, ARM.failed);
  }

  draining(asker: Asker, delayMs: number): void {
    const writer = this.#open(ARM.draining);
    writer.uint(1, delayMs);
    this.#push(asker, ARM.draining);
  }

  #open(arm: number): WireWriter {
    this.#frame.rewind(0, 0);
    this.#frame.open(arm, 100);
    return this.#frame;
  }

  #push(asker: Asker, arm: number): void {
    this.#frame.close();
    const data = this.#data.set(this.#frame.buf, 0, this.#frame.pos);
    if (asker.target.codec === Codec.JSON) data.set(this.#json.toJson(data));
    const { link, target } = asker;
    if (!writePush(link, serverClasses[arm] ?? 0, target, data)) this.#counters.shed++;
  }
}

function echo(writer: WireWriter, field: number, frame: FrameView, source: number): void {
  if (frame.length(source) > ECHO_BYTES_MAX) return;
  writer.bytes(field, frame.buf, frame.start(source), frame.stop(source));
}
