import { WireReader } from "../lib/wire/reader.js";
import { WireWriter } from "../lib/wire/writer.js";
import { COMMAND_FRAME, writeFromGateway } from "./command-writer.js";
import type { Counters } from "./counters.js";
import type { OriginView } from "./origin.js";
import type { Peer } from "./peer.js";
import type { Sessions } from "./sessions.js";
import { Slice } from "./slice.js";

/** Field numbers of RosterChunk and of Attach. */
const CHUNK = { first: 1, last: 2, connections: 3 } as const;
const ATTACH = { origin: 1, connect: 2 } as const;

/**
 * Passes a roster chunk on so that every home gets one for the whole range, with its own users
 * only: a home must learn also that it has nobody in that range.
 */
export class RosterSplit {
  readonly #sessions: Sessions;
  readonly #origin: OriginView;
  readonly #counters: Counters;
  readonly #chunk = new WireReader();
  readonly #attach = new WireReader();
  readonly #writer = new WireWriter(16 * 1024);
  readonly #part = new Slice();
  readonly #homes: (Peer | undefined)[] = [];
  readonly #places: number[] = [];
  #first = 0;
  #last = 0;

  constructor(deps: { sessions: Sessions; origin: OriginView; counters: Counters }) {
    this.#sessions = deps.sessions;
    this.#origin = deps.origin;
    this.#counters = deps.counters;
  }

  forward(gateway: string, chunk: Slice): void {
    const whole = this.#read(chunk);
    for (const peer of this.#sessions.all) {
      const part = whole === peer ? chunk : this.#write(chunk.buf, peer);
      writeFromGateway(peer.link, COMMAND_FRAME.roster, gateway, part);
    }
  }

  /**
   * Reads who lives where; gives the home when it is the only one there is and every entry is
   * right.
   */
  #read(chunk: Slice): Peer | undefined {
    this.#homes.length = 0;
    this.#places.length = 0;
    this.#first = 0;
    this.#last = 0;
    let good = true;
    const reader = this.#chunk.reset(chunk.buf, chunk.start, chunk.stop);
    while (reader.next()) {
      if (reader.field === CHUNK.first) this.#first = reader.uint();
      else if (reader.field === CHUNK.last) this.#last = reader.uint();
      else if (reader.field === CHUNK.connections) {
        const right = this.#readOrigin(reader);
        if (!right) this.#counters.forged++;
        good &&= right;
        this.#homes.push(right ? this.#sessions.homeOf(this.#origin.user) : undefined);
        this.#places.push(reader.start, reader.stop);
      }
    }
    return good && this.#sessions.all.length === 1 ? this.#sessions.all[0] : undefined;
  }

  #readOrigin(chunk: WireReader): boolean {
    const reader = this.#attach.enter(chunk);
    let known = false;
    while (reader.next()) {
      if (reader.field === ATTACH.origin) {
        reader.expectMessage();
        known = this.#origin.read(reader.buf, reader.start, reader.stop);
      } else if (reader.field === ATTACH.connect) reader.uint();
    }
    return known;
  }

  #write(buf: Buffer, home: Peer): Slice {
    const writer = this.#writer;
    writer.rewind(0, 0);
    writer.uint(CHUNK.first, this.#first);
    writer.uint(CHUNK.last, this.#last);
    for (let i = 0; i < this.#homes.length; i++) {
      if (this.#homes[i] !== home) continue;
      writer.bytes(CHUNK.connections, buf, this.#places[2 * i], this.#places[2 * i + 1]);
    }
    return this.#part.set(writer.buf, 0, writer.pos);
  }
}
