import { Codec, type GatewayFrame } from "../gen/chat/parser/v1/parser.js";
import type { Link, LinkHandler } from "../lib/link/link.js";
import { WireReader } from "../lib/wire/reader.js";
import { seededBytes, seededRandom } from "./rig/random.js";

/** Arm of GatewayFrame that the bench sends. */
const INBOUND = 2;
const POOL = 1024;

/** What one frame is made of: 150 bytes encoded. */
export interface Message {
  readonly connection: number;
  readonly user: string;
  readonly device: string;
  readonly data: Buffer;
}

/** The same messages in every run. */
export function messages(): Message[] {
  const random = seededRandom(42);
  return Array.from({ length: POOL }, (_, i) => ({
    connection: 1 + Math.floor(random() * 10_000),
    user: `us_${String(i).padStart(16, "0")}`,
    device: `dv_${String(i).padStart(16, "0")}`,
    data: seededBytes(random, 95),
  }));
}

/** Writes a message straight into the outgoing batch; false when the link has no room. */
export function writeMessage(link: Link, message: Message): boolean {
  const writer = link.begin(INBOUND, 147);
  if (!writer) return false;
  writer.open(1, 47);
  writer.uint(1, message.connection);
  writer.ascii(2, message.user);
  writer.ascii(3, message.device);
  writer.uint(4, Codec.PROTO);
  writer.close();
  writer.bytes(2, message.data);
  link.end();
  return true;
}

/** The same message as the generated codec takes it. */
export function objectOf(message: Message): GatewayFrame {
  const { connection, user, device, data } = message;
  const origin = { connection, user, device, codec: Codec.PROTO };
  return { kind: { $case: "inbound", value: { origin, data, traceparent: "" } } };
}

/** What `count` messages of the pool add up to. */
export function checksumOf(pool: readonly Message[], count: number): number {
  const tally = new Tally();
  for (let i = 0; i < count; i++) {
    const { connection, data } = pool[i % pool.length] as Message;
    tally.add(connection, data, 0, data.length);
  }
  return tally.checksum;
}

/** Counts what arrives, and says when all of it has. */
export class Tally implements LinkHandler {
  frames = 0;
  checksum = 0;
  #expected = 0;
  #complete: (() => void) | undefined;
  readonly #origin = new WireReader();

  /** Starts anew; `complete` is called when `expected` frames have come. */
  expect(expected: number, complete: () => void): void {
    this.frames = 0;
    this.checksum = 0;
    this.#expected = expected;
    this.#complete = complete;
  }

  add(connection: number, data: Uint8Array, start: number, stop: number): void {
    this.frames++;
    const sum = this.checksum + connection + (data[start] as number) * (stop - start);
    this.checksum = (sum + (data[stop - 1] as number)) % 0x1fff_ffff_ffff;
    if (this.frames === this.#expected) this.#complete?.();
  }

  frame(_link: Link, _kind: number, body: WireReader): void {
    let connection = 0;
    while (body.next()) {
      if (body.field === 1) {
        const origin = this.#origin.enter(body);
        while (origin.next()) if (origin.field === 1) connection = origin.uint();
      } else if (body.field === 2) this.add(connection, body.buf, body.start, body.stop);
    }
  }
}
