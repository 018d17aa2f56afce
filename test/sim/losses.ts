import { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";
import type { ChannelEnd, Data } from "./channel.js";
import type { FrameFilter } from "./network-model.js";
import type { Random } from "./random.js";
import { WELCOME } from "./sim-sockets.js";

/** Frames of some kinds that get lost on one way for a while, though the connection holds. */
export interface Loss {
  readonly from: string;
  readonly to: string;
  readonly untilMs: number;
  /** How likely a frame of these kinds is lost. */
  readonly share: number;
  /** Which kinds: those whose name's hash with the salt is a multiple of this; 1 for all. */
  readonly oneOf: number;
  readonly salt: number;
}

/**
 * The arms of each link that somebody repeats, and where in them the client's frame is. Arms that are not named here are
 * never lost: the links' own control, and what only a broken link can lose.
 */
const HOPS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  "gateway>parser": { 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0 },
  "parser>session": { 2: 3, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 9: 3 },
  "session>parser": { 2: 2 },
  "parser>gateway": { 2: 0 },
  "session>receipts": { 2: 0, 3: 0, 4: 0 },
  "receipts>session": { 2: 0, 3: 0, 4: 0 },
};

/** Loses single frames. */
export class Losses implements FrameFilter {
  /** How many were lost, by kind. */
  readonly counts: Record<string, number> = {};
  readonly #losses = new Set<Loss>();

  constructor(readonly random: Random) {}

  add(loss: Loss): void {
    this.#losses.add(loss);
  }

  clear(): void {
    this.#losses.clear();
  }

  /** What is left of the data; undefined when nothing is. */
  pass({ model: { nowMs }, process, peer }: ChannelEnd, data: Data): Data | undefined {
    if (this.#losses.size === 0) return data;
    const [from, to] = [process.name, peer.process.name];
    for (const loss of this.#losses) if (loss.untilMs <= nowMs) this.#losses.delete(loss);
    const losses = [...this.#losses].filter((loss) => loss.from === from && loss.to === to);
    if (losses.length === 0) return data;
    const lost = (name: string) => losses.some((loss) => this.#loses(loss, name));
    if (from.startsWith("device") || to.startsWith("device")) {
      return data !== WELCOME && lost(`${hopOf(from, to)} ${kindOf(data)}`) ? undefined : data;
    }
    return withoutLost(data as Buffer, hopOf(from, to), lost);
  }

  #loses({ salt, oneOf, share }: Loss, name: string): boolean {
    if (hash(name, salt) % oneOf !== 0 || !this.random.chance(share)) return false;
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    return true;
  }
}

/** The batch without the frames that are lost. */
function withoutLost(
  batch: Buffer,
  hop: string,
  lost: (name: string) => boolean,
): Buffer | undefined {
  const arms = HOPS[hop] ?? {};
  const kept = new WireWriter(batch.length);
  const frames = new WireReader().reset(batch);
  const frame = new WireReader();
  const body = new WireReader();
  while (frames.next()) {
    const { start, stop } = frames;
    frame.enter(frames);
    let name = "";
    while (frame.next()) {
      const inner = arms[frame.field];
      if (inner !== undefined) name = `${hop} ${frame.field}${armWithin(body.enter(frame), inner)}`;
    }
    if (name === "" || !lost(name)) kept.bytes(frames.field, batch, start, stop, true);
  }
  const left = kept.take();
  return left.length > 0 ? left : undefined;
}

/** Which arm of the client's protocol is in the field of a command or event. */
function armWithin(body: WireReader, field: number): string {
  while (field > 0 && body.next()) {
    if (body.field !== field) continue;
    const frame = new WireReader().enter(body);
    return frame.next() ? `/${frame.field}` : "";
  }
  return "";
}

/** The arm of a client's or server's frame on a WebSocket. */
function kindOf(data: Data): string {
  if (typeof data === "string") return /"(\w+)"/.exec(data)?.[1] ?? "";
  const frame = new WireReader().reset(data);
  return frame.next() ? `${frame.field}` : "";
}

function hopOf(from: string, to: string): string {
  return `${from}>${to}`.replace(/-\d+/g, "");
}

function hash(text: string, salt: number): number {
  let value = salt | 0;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 8;
}
