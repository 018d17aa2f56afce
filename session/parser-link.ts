import type { Link, LinkHandler } from "../lib/link/link.js";
import { LastAscii } from "../lib/wire/last-ascii.js";
import { WireReader } from "../lib/wire/reader.js";
import { isSameAt, Known } from "../lib/wire/words.js";
import type { Gateways } from "./gateways.js";
import type { Described, Home } from "./home.js";
import type { Connection, Gateway } from "./home-user.js";
import type { Owner } from "./owner.js";

/** Arms of CommandFrame. */
const arm = {
  command: 2,
  attach: 3,
  detach: 4,
  roster: 5,
  stalled: 6,
  notHere: 7,
  gatewayLink: 8,
  urgent: 9,
} as const;

/** A description that is filled anew for each frame. */
class Description implements Described {
  id = 0;
  user = "";
  device = "";
  codec = 0;
  connect = 0;
}

/** Reads the frames of one parser and hands them to the home or to the owner. */
export class ParserLink implements LinkHandler {
  #outer = new WireReader();
  #inner = new WireReader();
  #described = new Description();
  /** One command after the other comes from the same. */
  #gateway = new LastAscii();

  constructor(
    readonly deps: { readonly gateways: Gateways; readonly home: Home; readonly owner: Owner },
  ) {}

  down(link: Link): void {
    this.deps.gateways.parserDown(link);
  }

  frame(link: Link, kind: number, body: WireReader): void {
    if (kind === arm.command || kind === arm.urgent) return this.#command(link, body);
    let id = "";
    let up = false;
    const inner = this.#outer.reset(body.buf, 0, 0);
    while (body.next()) {
      if (body.field === 1) id = body.ascii();
      else if (kind === arm.gatewayLink && body.field === 2) up = body.bool();
      else if (body.field === 2) inner.enter(body);
    }
    if (kind === arm.gatewayLink) return this.deps.gateways.linked(id, link, up);
    this.#gatewayFrame(this.deps.gateways.get(id, link), kind, inner);
  }

  #command(link: Link, body: WireReader): void {
    const frame = this.#outer.reset(body.buf, 0, 0);
    const from = this.#inner.reset(body.buf, 0, 0);
    let gateway = "";
    while (body.next()) {
      if (body.field === 1) gateway = this.#gateway.read(body);
      else if (body.field === 2) from.enter(body);
      else if (body.field === 3) frame.enter(body);
    }
    const origin = this.#originOf(this.deps.gateways.get(gateway, link), from);
    if (frame.next() && frame.type === 2) {
      this.deps.owner.command(origin, frame.field, this.#inner.enter(frame));
    }
    const { device } = origin;
    if (device.connection === undefined) this.deps.home.tidy(device);
  }

  /** The connection a command came from: the one whose last command named it with the same bytes, or the one described. */
  #originOf(gateway: Gateway, body: WireReader): Connection {
    const { buf, pos: start, end: stop } = body;
    if (body.next() && body.field === 1) {
      const known = gateway.connections.get(body.uint());
      if (known?.origin !== undefined && isSameAt(known.origin, 0, buf, start, stop)) return known;
    }
    this.#origin(body.reset(buf, start, stop), this.#described);
    const origin = this.deps.home.origin(gateway, this.#described);
    // Most connections say that they are there and then nothing for long: those are not remembered.
    if (origin.recent !== undefined) origin.origin = new Known(buf.subarray(start, stop));
    return origin;
  }

  #gatewayFrame(gateway: Gateway, kind: number, body: WireReader): void {
    const { home } = this.deps;
    switch (kind) {
      case arm.attach:
        return home.attach(gateway, this.#attach(body, this.#described), false);
      case arm.detach:
      case arm.stalled:
        while (body.next()) {
          if (body.field === 1) this.#origin(this.#inner.enter(body), this.#described);
        }
        if (kind === arm.detach) home.detach(gateway, this.#described.id);
        else home.stalled(gateway, this.#described.id);
        return;
      case arm.notHere: {
        const ids: number[] = [];
        while (body.next()) if (body.field === 1) body.packed(ids);
        for (const id of ids) home.detach(gateway, id);
        return;
      }
      case arm.roster:
        return this.#roster(gateway, body);
    }
  }

  #roster(gateway: Gateway, body: WireReader): void {
    let first = 0;
    let last = 0;
    const listed: Described[] = [];
    const entry = new WireReader();
    while (body.next()) {
      if (body.field === 1) first = body.uint();
      else if (body.field === 2) last = body.uint();
      else if (body.field === 3) {
        listed.push(this.#attach(entry.enter(body), new Description()));
      }
    }
    this.deps.home.roster(gateway, first, last, listed);
  }

  #attach(body: WireReader, into: Description): Description {
    into.connect = 0;
    while (body.next()) {
      if (body.field === 1) this.#origin(this.#inner.enter(body), into);
      else if (body.field === 2) into.connect = body.uint();
    }
    return into;
  }

  #origin(body: WireReader, into: Description): void {
    into.id = 0;
    into.user = "";
    into.device = "";
    into.codec = 0;
    while (body.next()) {
      if (body.field === 1) into.id = body.uint();
      else if (body.field === 2) into.user = body.ascii();
      else if (body.field === 3) into.device = body.ascii();
      else if (body.field === 4) into.codec = body.uint();
    }
  }
}
