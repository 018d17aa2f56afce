import { CloseCode } from "../gen/chat/client/v1/frames.js";
import { FailReason } from "../gen/chat/client/v1/history.js";
import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { Codec } from "../gen/chat/parser/v1/parser.js";
import { clientFrames, messageOf } from "../lib/contract.js";
import { limits } from "../lib/limits.js";
import type { Link, PriorityClass } from "../lib/link/link.js";
import type { Logger } from "../lib/log.js";
import { WireError } from "../lib/wire/reader.js";
import { type Activity, isUsersOwn } from "./activity.js";
import { type Answers, type Asker, BUSY_RETRY_MS } from "./answers.js";
import { type Envelope, writeCommand } from "./command-writer.js";
import type { Counters } from "./counters.js";
import { FrameView } from "./frame.js";
import type { JsonCodec } from "./json.js";
import type { Peer } from "./peer.js";
import type { Presences } from "./presences.js";
import { PullSplit } from "./pull.js";
import { writeClose } from "./push-writer.js";
import { check, type Fault, PING, QUESTION, type Rule, rules, WATCH } from "./rules.js";
import type { Sessions } from "./sessions.js";
import { shapeOf } from "./shape.js";
import type { Slice } from "./slice.js";
import { withoutUnknownFields } from "./unknown-fields.js";

/** The class of each arm of ClientFrame, by its number. */
const classes: PriorityClass[] = [];
for (const arm of clientFrames()) classes[arm.number] = arm.priority;

export interface ClientFramesDeps {
  readonly sessions: Sessions;
  readonly presences: Presences;
  readonly activity: Activity;
  readonly answers: Answers;
  readonly json: JsonCodec;
  readonly counters: Counters;
  readonly log: Logger;
}

/**
 * Takes one client's bytes: decodes them, checks them against the rules, and passes them on or
 * answers. What one frame does never touches another; nothing is kept between frames.
 */
export class ClientFrames {
  readonly #deps: ClientFramesDeps;
  readonly #view = new FrameView(shapeOf(messageOf("chat.client.v1.ClientFrame")));
  readonly #pulls: PullSplit;
  readonly #asker: { link: Link; target: { connections: number[]; codec: Codec } } = {
    link: undefined as unknown as Link,
    target: { connections: [0], codec: Codec.PROTO },
  };

  constructor(deps: ClientFramesDeps) {
    this.#deps = deps;
    this.#pulls = new PullSplit(deps.sessions);
  }

  /** Handles `data`, which came over the gateway's link `link`. Never throws. */
  take(link: Link, envelope: Envelope, data: Slice): void {
    const { counters } = this.#deps;
    const { connection } = envelope.origin;
    if (data.length > limits.frameBytesMax) {
      counters.undecodable++;
      writeClose(link, connection, CloseCode.FRAME_TOO_LARGE, "frame above 64 KiB");
      return;
    }
    try {
      this.#take(link, envelope, data);
    } catch (error) {
      if (error instanceof WireError) {
        counters.undecodable++;
        writeClose(link, connection, CloseCode.INVALID_FRAME, error.message);
      } else {
        if (counters.bugs++ === 0) this.#deps.log.error({ err: error }, "client frame: bug");
      }
    }
  }

  #take(link: Link, envelope: Envelope, data: Slice): void {
    const { origin } = envelope;
    const view = this.#view;
    if (origin.codec === Codec.JSON) data.set(this.#deps.json.toProto(data));
    view.decode(data);
    const rule = rules[view.arm] as Rule;
    const fault = check(rule, view, origin.user);
    if (fault !== RejectReason.UNSPECIFIED) {
      this.#refuse(this.#ask(link, envelope), rule, fault);
      return;
    }
    if (isUsersOwn(view)) this.#deps.activity.mark(origin.user);
    if (rule.goesTo === "self") this.#pong(this.#ask(link, envelope));
    else {
      if (view.unknown) data.set(withoutUnknownFields(data));
      if (rule.goesTo === "owners") this.#pull(envelope, data);
      else if (!this.#forward(this.#peer(rule, origin.user), envelope, data)) {
        this.#busy(this.#ask(link, envelope), rule);
      }
    }
  }

  #peer(rule: Rule, user: string): Peer | undefined {
    const { sessions, presences } = this.#deps;
    if (rule.goesTo === "presence") return presences.ownerOf(user);
    if (rule.goesTo === "watched") return presences.ownerOf(this.#view.ascii(WATCH.user));
    if (sessions.only !== undefined) return sessions.only;
    if (rule.goesTo === "home") return sessions.homeOf(user);
    return sessions.ownerOf(this.#view.ascii(rule.conversation));
  }

  #forward(peer: Peer | undefined, envelope: Envelope, data: Slice): boolean {
    const taken = writeCommand(peer?.link, classes[this.#view.arm] ?? 1, envelope, data);
    if (taken) this.#deps.counters.forwarded++;
    return taken;
  }

  #pull(envelope: Envelope, data: Slice): void {
    const { counters, sessions } = this.#deps;
    const only = this.#pulls.read(this.#view, envelope.origin.user);
    counters.dropped += this.#pulls.left;
    if (only !== undefined) {
      if (!this.#forward(only, envelope, data)) counters.lost++;
      return;
    }
    for (const peer of sessions.all) {
      if (!this.#pulls.part(this.#view, peer, data)) continue;
      if (!this.#forward(peer, envelope, data)) counters.lost++;
    }
  }

  #refuse(asker: Asker, rule: Rule, fault: Fault): void {
    const { answers, counters } = this.#deps;
    if (rule.onFault === "reject") {
      counters.rejected++;
      answers.rejected(asker, this.#view, fault);
    } else if (rule.onFault === "fail") {
      counters.failed++;
      const reason = fault === RejectReason.NOT_FOUND ? FailReason.NOT_FOUND : FailReason.INVALID;
      answers.failed(asker, this.#view.uint(QUESTION.request), reason, 0);
    } else {
      counters.dropped++;
    }
  }

  #busy(asker: Asker, rule: Rule): void {
    const { answers, counters } = this.#deps;
    if (rule.onFault === "drop") {
      counters.lost++;
      return;
    }
    counters.busy++;
    if (rule.onFault === "reject") answers.busy(asker, this.#view);
    else answers.failed(asker, this.#view.uint(QUESTION.request), FailReason.BUSY, BUSY_RETRY_MS);
  }

  #pong(asker: Asker): void {
    this.#deps.counters.ponged++;
    this.#deps.answers.pong(asker, this.#view.uint(PING.nonce));
  }

  #ask(link: Link, envelope: Envelope): Asker {
    this.#asker.link = link;
    this.#asker.target.connections[0] = envelope.origin.connection;
    this.#asker.target.codec = envelope.origin.codec;
    return this.#asker;
  }
}
