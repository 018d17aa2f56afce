import type { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Link } from "../lib/link/link.js";
import { type Encoded, WireWriter } from "../lib/wire/writer.js";
import type { Bucket } from "./bucket.js";
import type { Socket } from "./sockets.js";

/** Who wants to connect, verified at the upgrade. */
export interface Ticket {
  readonly user: string;
  readonly device: string;
  /** When the token expires, Unix time. */
  readonly expiresMs: number;
  readonly codec: Codec.PROTO | Codec.JSON;
  /** The device's own count of its connections. */
  readonly connect: number;
}

/** One live socket. Plain fields: each is written by the one file that its comment names. */
export class Connection {
  readonly id: number;
  readonly ticket: Ticket;
  /** The Origin of its frames, encoded once. */
  readonly origin: Uint8Array;
  /** The same as a field of Inbound, once it has sent some frames, and how many; inbound.ts. */
  inboundOrigin: Encoded | undefined;
  framesIn = 0;
  readonly frames: Bucket;
  readonly bytes: Bucket;
  /** When it has lived long enough, on the monotonic clock. */
  readonly endsMs: number;
  /** The parser link it is pinned to; parser-links.ts. */
  link: Link | undefined;
  /** False once it ended: the socket must not be touched then; edge.ts. */
  open = true;
  /** Since when the parser had no room for its frames, -1 when it has; inbound.ts. */
  refusedSinceMs = -1;
  /** Whether something may be in its buffer, unsent; outbound.ts. */
  behind = false;
  /** Whether its pushes are dropped until it is attached again; outbound.ts. */
  stalled = false;
  /** While stalled: least bytes seen in its buffer, and when; outbound.ts. */
  bufferLow = 0;
  progressMs = 0;
  /** When it read again after it was stalled; roster.ts. */
  readsAgainMs = Number.NEGATIVE_INFINITY;
  /** Messages for it that leave together, and their bytes; outbound.ts. */
  pending: (Buffer | undefined)[] = [undefined];
  pendingCount = 0;
  pendingBytes = 0;

  constructor(
    seat: { id: number; ticket: Ticket; endsMs: number; frames: Bucket; bytes: Bucket },
    readonly socket: Socket,
  ) {
    this.id = seat.id;
    this.ticket = seat.ticket;
    this.endsMs = seat.endsMs;
    this.frames = seat.frames;
    this.bytes = seat.bytes;
    this.origin = encodeOrigin(seat.id, seat.ticket);
  }
}

const writer = new WireWriter(64);

/** In memory of its own: a piece of the shared pool would keep all of that there as long as the connection lives. */
function encodeOrigin(id: number, { user, device, codec }: Ticket): Uint8Array {
  writer.rewind(0, 0);
  writer.uint(1, id);
  writer.ascii(2, user);
  writer.ascii(3, device);
  writer.uint(4, codec);
  return new Uint8Array(writer.view());
}
