import type { Clock } from "../lib/clock.js";
import { clientFrames } from "../lib/contract.js";
import { isDeviceId, isUserId, isUserIdAt } from "../lib/ids.js";
import { limits } from "../lib/limits.js";
import type { Link, LinkHandler } from "../lib/link/link.js";
import { LastAscii } from "../lib/wire/last-ascii.js";
import { WireReader } from "../lib/wire/reader.js";
import type { Events } from "./events.js";
import type { Presence } from "./presence.js";

/** Arms of ActivityFrame. */
const COMMAND = 2;
const ACTIVE = 3;

/** Arms of ClientFrame that come here, by name. */
const arms = new Map(clientFrames().map(({ name, number }) => [name, number]));
const FOREGROUND = arms.get("foreground");
const BACKGROUND = arms.get("background");
const WATCH = arms.get("watch");

export interface ParserLinkDeps {
  readonly presence: Presence;
  readonly events: Events;
  readonly clock: Clock;
}

/** Reads the frames of the parsers: one handler for all links. What breaks the contract is counted and left out. */
export class ParserLink implements LinkHandler {
  readonly #presence: Presence;
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #links = new Set<Link>();
  #tickMs: number;
  readonly #gateway = new LastAscii();
  readonly #origin = new WireReader();
  readonly #frame = new WireReader();
  readonly #body = new WireReader();

  constructor({ presence, events, clock }: ParserLinkDeps) {
    this.#presence = presence;
    this.#events = events;
    this.#clock = clock;
    this.#tickMs = clock.nowMs();
  }

  up(link: Link): void {
    this.#links.add(link);
  }

  down(link: Link): void {
    this.#links.delete(link);
  }

  /** Once per second. */
  tick(): void {
    this.#breakIfHung();
    this.#tickMs = this.#clock.nowMs();
    this.#presence.tick();
  }

  frame(link: Link, kind: number, body: WireReader): void {
    this.#breakIfHung();
    if (!link.alive) return;
    if (kind === ACTIVE) this.#active(body);
    else if (kind === COMMAND) this.#command(link, body);
  }

  /**
   * After a hang of this process what waits on the links is as old as the hang is long, and would count as now. It goes with the links:
   * clients say soon again what is still true. What comes first then, a frame or the tick, is not known.
   */
  #breakIfHung(): void {
    const hungMs = this.#clock.nowMs() - this.#tickMs;
    if (hungMs <= limits.presenceHangMs) return;
    this.#tickMs += hungMs;
    this.#events.hung(hungMs);
    for (const link of this.#links) link.destroy("presence hung: what waited is too old");
  }

  #active(body: WireReader): void {
    this.#presence.now();
    const ageS = this.#ageOf(body);
    if (ageS > limits.activeAgeMaxS) {
      this.#events.counts.invalid++;
      return;
    }
    while (body.next()) {
      if (body.field !== 1) continue;
      body.expectMessage();
      const { buf, start, stop } = body;
      // It goes into keys of the store.
      if (isUserIdAt(buf, start, stop)) this.#presence.active(buf, start, ageS);
      else this.#events.counts.invalid++;
    }
  }

  /** It stands behind the users. */
  #ageOf({ buf, pos, end }: WireReader): number {
    const ages = this.#body.reset(buf, pos, end);
    let ageS = 0;
    while (ages.next()) if (ages.field === 2) ageS = ages.uint();
    return ageS;
  }

  #command(link: Link, body: WireReader): void {
    const { counts } = this.#events;
    counts.commands++;
    const origin = this.#origin.reset(body.buf, 0, 0);
    const frame = this.#frame.reset(body.buf, 0, 0);
    let gateway = "";
    while (body.next()) {
      if (body.field === 1) gateway = this.#gateway.read(body);
      else if (body.field === 2) origin.enter(body);
      else if (body.field === 3) frame.enter(body);
    }
    let connection = 0;
    let user = "";
    let device = "";
    let codec = 0;
    while (origin.next()) {
      if (origin.field === 1) connection = origin.uint();
      else if (origin.field === 2) user = origin.ascii();
      else if (origin.field === 3) device = origin.ascii();
      else if (origin.field === 4) codec = origin.uint();
    }
    if (!isUserId(user) || !isDeviceId(device) || !frame.next()) {
      counts.invalid++;
      return;
    }
    this.#presence.now();
    if (frame.field === FOREGROUND) this.#presence.foreground(user, device);
    else if (frame.field === BACKGROUND) this.#presence.background(user, device);
    else if (frame.field === WATCH) this.#watch(user, { link, gateway, connection, codec });
    else counts.invalid++;
  }

  #watch(viewer: string, place: Parameters<Presence["watch"]>[1]): void {
    const body = this.#body.enter(this.#frame);
    let request = 0;
    let user = "";
    while (body.next()) {
      if (body.field === 1) request = body.uint();
      else if (body.field === 2) user = body.ascii();
    }
    if (isUserId(user)) this.#presence.watch(viewer, place, request, user);
    else this.#events.counts.invalid++;
  }
}
