import type { Clock, Timer } from "./clock.js";
import type { Codec, Received } from "./codec.js";
import type { FrameKind } from "./effects.js";
import type { Socket, SocketEnd, SocketFactory, SocketRequest } from "./socket.js";
import { bounds, timings } from "./timings.js";

export interface LineDeps {
  openSocket: SocketFactory;
  clock: Clock;
  codec: Codec;
}

export interface LineHandlers {
  open(): void;
  frame(kind: Received): void;
  /** Called once, whatever ended the line; not after `drop`. */
  end(end: SocketEnd): void;
}

/** One socket from the attempt to its end: frames in and out, and pings that prove it alive. */
export class Line {
  private readonly socket: Socket;
  private over = false;
  private isOpen = false;
  /** Gives up on a socket that does not open, later on one that does not answer. */
  private deadline: Timer | undefined;
  private pings: Timer | undefined;
  private nonce = 0;

  constructor(
    private readonly deps: LineDeps,
    request: SocketRequest,
    private readonly handlers: LineHandlers,
  ) {
    this.deadline = deps.clock.after(timings.openMs, () => this.fail("the server did not answer"));
    this.socket = deps.openSocket(request, {
      open: () => this.opened(),
      message: (data) => this.message(data),
      end: (end) => this.end(end),
    });
  }

  send(kind: FrameKind): void {
    if (this.over || !this.isOpen) return;
    if (this.socket.bufferedBytes() > bounds.socketBufferBytesMax) {
      this.fail("the server reads too slowly");
      return;
    }
    this.socket.send(this.deps.codec.encode(kind));
  }

  /** Closes without calling `end`. */
  drop(): void {
    if (this.over) return;
    this.over = true;
    this.cancel();
    this.socket.drop();
  }

  private opened(): void {
    this.isOpen = true;
    this.deadline?.cancel();
    this.deadline = undefined;
    this.pings = this.deps.clock.every(timings.pingMs, () => this.ping());
    this.handlers.open();
  }

  private ping(): void {
    this.send({ $case: "ping", value: { nonce: ++this.nonce } });
    const why = "the server stopped answering";
    this.deadline ??= this.deps.clock.after(timings.pongMs, () => this.fail(why));
  }

  private message(data: unknown): void {
    if (this.over) return;
    // Whatever arrives is a sign of life.
    this.deadline?.cancel();
    this.deadline = undefined;
    let kind: Received | undefined;
    try {
      kind = this.deps.codec.decode(data);
    } catch (error) {
      this.fail((error as Error).message);
      return;
    }
    if (kind !== undefined) this.handlers.frame(kind);
  }

  private fail(why: string): void {
    if (this.over) return;
    this.drop();
    this.handlers.end({ code: 1006, reason: why });
  }

  private end(end: SocketEnd): void {
    if (this.over) return;
    this.over = true;
    this.cancel();
    this.handlers.end(end);
  }

  private cancel(): void {
    this.deadline?.cancel();
    this.pings?.cancel();
  }
}
