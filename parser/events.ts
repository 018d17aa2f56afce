import { Codec } from "../gen/chat/parser/v1/parser.js";
import type { PriorityClass } from "../lib/link/link.js";
import type { Logger } from "../lib/log.js";
import { LastAscii } from "../lib/wire/last-ascii.js";
import { WireReader } from "../lib/wire/reader.js";
import { serverClasses } from "./answers.js";
import type { Counters } from "./counters.js";
import type { Gateways } from "./gateways.js";
import type { JsonCodec } from "./json.js";
import { passPush } from "./push-writer.js";
import { Slice } from "./slice.js";

/** Field numbers of Event and of what it holds. */
const EVENT = { targets: 1, frame: 2 } as const;
const TARGET = { gateway: 1, codec: 2, connections: 3 } as const;

export interface EventsDeps {
  readonly gateways: Gateways;
  readonly json: JsonCodec;
  readonly counters: Counters;
  readonly log: Logger;
}

/** Passes events of a service on to the gateways they name, in the codec of each connection. */
export class Events {
  readonly #deps: EventsDeps;
  readonly #inner = new WireReader();
  readonly #target = {
    gateway: "",
    codec: Codec.UNSPECIFIED,
    connections: new Slice(),
  };
  /** Connections of the target being read; only looked at by the check that they are numbers. */
  readonly #checked: number[] = [];
  /** One event after the other goes to the same. */
  readonly #gateway = new LastAscii();
  readonly #proto = new Slice();
  readonly #sealed = new Slice();
  readonly #stray: (gateway: string) => void;

  /** `stray` is told of gateways that are not here. */
  constructor(deps: EventsDeps, stray: (gateway: string) => void) {
    this.#deps = deps;
    this.#stray = stray;
  }

  /** Sends the frame of one Event to the connections that it names. */
  pass(body: WireReader): void {
    const from = body.pos;
    const proto = this.#proto.set(body.buf, 0, 0);
    while (body.next()) {
      if (body.field !== EVENT.frame) continue;
      body.expectMessage();
      proto.set(body.buf, body.start, body.stop);
    }
    if (proto.length === 0) return;
    const inner = this.#inner.reset(proto.buf, proto.start, proto.stop);
    const cls: PriorityClass = inner.next() ? (serverClasses[inner.field] ?? 1) : 1;
    this.#sealed.set(proto.buf, 0, 0);
    body.pos = from;
    while (body.next()) {
      if (body.field === EVENT.targets) this.#push(body, cls);
    }
  }

  #push(body: WireReader, cls: PriorityClass): void {
    const { counters, gateways } = this.#deps;
    const { gateway, connections, codec } = this.#readTarget(body);
    const link = gateways.get(gateway);
    if (link === undefined) {
      counters.strays++;
      this.#stray(gateway);
      return;
    }
    const data = codec === Codec.JSON ? this.#json() : this.#proto;
    if (data === undefined || !passPush(link, cls, connections, codec, data)) counters.shed++;
  }

  #readTarget(body: WireReader) {
    const target = this.#target;
    target.gateway = "";
    target.codec = Codec.UNSPECIFIED;
    target.connections.set(body.buf, 0, 0);
    const inner = this.#inner.enter(body);
    while (inner.next()) {
      if (inner.field === TARGET.gateway) target.gateway = this.#gateway.read(inner);
      else if (inner.field === TARGET.codec) target.codec = inner.uint();
      else if (inner.field === TARGET.connections) {
        inner.expectMessage();
        // They are passed on as they are, so they must be what the gateway can read.
        inner.packedFrom(this.#checked, 0);
        target.connections.set(inner.buf, inner.start, inner.stop);
      }
    }
    return target;
  }

  /** The frame of this event as JSON, sealed when the first target asks for it. */
  #json(): Slice | undefined {
    if (this.#sealed.length > 0) return this.#sealed;
    try {
      return this.#sealed.set(this.#deps.json.toJson(this.#proto));
    } catch (error) {
      const { counters, log } = this.#deps;
      if (counters.bugs++ === 0) log.error({ err: error }, "event: cannot be sealed as JSON");
      return undefined;
    }
  }
}
