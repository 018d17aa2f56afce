import { Codec } from "../gen/chat/parser/v1/parser.js";
import { isDeviceId, isUserId } from "../lib/ids.js";
import { WireError, WireReader } from "../lib/wire/reader.js";
import { isSameAt, Known } from "../lib/wire/words.js";

/** An origin that was read before. */
interface KnownOrigin {
  readonly bytes: Known;
  readonly connection: number;
  readonly user: string;
  readonly codec: Codec.PROTO | Codec.JSON;
}

/** Origins kept at most, about 300 bytes each; a power of two. */
const SLOTS = 8192;
/** Frames after which an origin is kept: most connections send a few when they come, and then nothing for long. */
const KEPT_FROM = 6;

/**
 * Who a connection is, read from a gateway's frame. One object serves all frames: read what is
 * needed before the next `read`. A connection's origin is the same in all its frames, so those read before are
 * recognised by their bytes.
 */
export class OriginView {
  buf: Buffer = EMPTY;
  start = 0;
  stop = 0;
  connection = 0;
  user = "";
  codec: Codec.PROTO | Codec.JSON = Codec.PROTO;
  readonly #reader = new WireReader();
  readonly #known: (KnownOrigin | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Per slot: whose origin was read last, and how often in a row. */
  readonly #prints = new Int32Array(SLOTS);
  readonly #seen = new Uint8Array(SLOTS);

  /**
   * Reads the Origin in `buf` from `start` to `stop`. False when an id is not one: such a frame is
   * dropped. A codec that is not stated throws WireError, which breaks the link: the gateway speaks
   * another contract.
   */
  read(buf: Buffer, start: number, stop: number): boolean {
    this.buf = buf;
    this.start = start;
    this.stop = stop;
    const print = printOf(buf, start, stop);
    const slot = print & (SLOTS - 1);
    const known = this.#known[slot];
    if (known !== undefined && isSameAt(known.bytes, 0, buf, start, stop)) {
      this.connection = known.connection;
      this.user = known.user;
      this.codec = known.codec;
      return true;
    }
    if (!this.#parse(buf, start, stop)) return false;
    this.#keep(slot, print);
    return true;
  }

  #keep(slot: number, print: number): void {
    const seen = this.#prints[slot] === print ? (this.#seen[slot] as number) + 1 : 1;
    this.#prints[slot] = print;
    this.#seen[slot] = Math.min(seen, KEPT_FROM);
    if (seen < KEPT_FROM) return;
    const { connection, user, codec, buf, start, stop } = this;
    const bytes = new Known(buf.subarray(start, stop));
    this.#known[slot] = { bytes, connection, user, codec };
  }

  #parse(buf: Buffer, start: number, stop: number): boolean {
    this.connection = 0;
    this.user = "";
    let device = "";
    let codec = 0;
    const reader = this.#reader.reset(buf, start, stop);
    while (reader.next()) {
      if (reader.field === 1) this.connection = reader.uint();
      else if (reader.field === 2) this.user = reader.ascii();
      else if (reader.field === 3) device = reader.ascii();
      else if (reader.field === 4) codec = reader.uint();
    }
    if (codec !== Codec.PROTO && codec !== Codec.JSON) throw new WireError("Origin without codec");
    this.codec = codec;
    return this.connection > 0 && isUserId(this.user) && isDeviceId(device);
  }
}

/** The last characters of the device id are as good as random. */
function printOf(buf: Buffer, start: number, stop: number): number {
  if (stop - start < 8) return 0;
  let hash = 0;
  for (let i = stop - 6; i < stop - 2; i++) hash = Math.imul(hash, 37) + (buf[i] as number);
  return hash | 0;
}

const EMPTY = Buffer.alloc(0);
