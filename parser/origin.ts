import { Codec } from "../gen/chat/parser/v1/parser.js";
import { isDeviceId, isUserId } from "../lib/ids.js";
import { WireError, WireReader } from "../lib/wire/reader.js";

/**
 * Who a connection is, read from a gateway's frame. One object serves all frames: read what is
 * needed before the next `read`.
 */
export class OriginView {
  buf: Buffer = EMPTY;
  start = 0;
  stop = 0;
  connection = 0;
  user = "";
  codec: Codec.PROTO | Codec.JSON = Codec.PROTO;
  readonly #reader = new WireReader();

  /**
   * Reads the Origin in `buf` from `start` to `stop`. False when an id is not one: such a frame is
   * dropped. A codec that is not stated throws WireError, which breaks the link: the gateway speaks
   * another contract.
   */
  read(buf: Buffer, start: number, stop: number): boolean {
    this.buf = buf;
    this.start = start;
    this.stop = stop;
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

const EMPTY = Buffer.alloc(0);
