import type {
  Answer,
  CreateSockets,
  Request,
  Socket,
  Sockets,
  SocketsHandler,
  SocketsOptions,
  UpgradeExchange,
} from "../../gateway/sockets.js";
import type { ChannelEnd, ChannelSink, Data, Notice } from "./channel.js";
import { type HttpCall, httpExchange } from "./http.js";
import type { NetworkModel } from "./network-model.js";
import type { SimProcess } from "./sim-process.js";

/** What a client says to become a WebSocket. */
export interface Knock {
  readonly query: string;
  readonly protocol: string;
  readonly token: string;
}

/** The first word of the server to a client it took. */
export const WELCOME = "welcome";
/** Bytes the operating system takes before they count as buffered. */
const KERNEL_BYTES = 4 * 1024;

/** Sees what the gateway says to its clients. */
export type Tap = (seat: unknown, message: Buffer, isBinary: boolean) => void;

/** The gateway's WebSocket server on simulated connections. */
export function simSockets(model: NetworkModel, process: SimProcess, tap: Tap): CreateSockets {
  const address = `ws:${process.name}`;
  return <Seat>(options: SocketsOptions, handler: SocketsHandler<Seat>): Sockets => {
    const open = new Set<SimSocket<Seat>>();
    const accept = (end: ChannelEnd, greeting: Knock | HttpCall) => {
      if ("body" in greeting) return handler.request(httpExchange(end, greeting));
      handler.upgrade(
        exchangeOf<Seat>(end, greeting, (seat) => {
          const socket = new SimSocket(seat, end, { handler, options, open, process, tap });
          end.sink = socket;
          handler.open(seat, socket);
        }),
      );
    };
    return {
      async listen() {
        model.owners.set(address, process.name);
        model.listeners.set(address, {
          process,
          accept: (end, greeting) => accept(end, greeting as Knock | HttpCall),
        });
        return 1;
      },
      stopListening: () => model.listeners.delete(address),
      close() {
        model.listeners.delete(address);
        for (const socket of open) socket.cut();
      },
    };
  };
}

function exchangeOf<Seat>(
  end: ChannelEnd,
  knock: Knock,
  seated: (seat: Seat) => void,
): UpgradeExchange<Seat> {
  const headers: Record<string, string> = {
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "sec-websocket-protocol": knock.protocol,
    authorization: `Bearer ${knock.token}`,
  };
  const request: Request = {
    method: "GET",
    path: "/v1/ws",
    query: knock.query,
    peerAddress: "203.0.113.9",
    header: (name) => headers[name] ?? "",
  };
  return {
    request,
    gone: false,
    answer({ status, body }: Answer) {
      const unauthorized = status === 401;
      end.close("done", { code: 1006, why: `${status} ${body}`, unauthorized });
    },
    aborted: () => undefined,
    body: (_bytesMax, done) => done(Buffer.alloc(0)),
    accept(seat) {
      end.send(WELCOME);
      seated(seat);
    },
  };
}

interface SocketDeps<Seat> {
  readonly handler: SocketsHandler<Seat>;
  readonly options: SocketsOptions;
  readonly open: Set<SimSocket<Seat>>;
  readonly process: SimProcess;
  readonly tap: Tap;
}

/** The server's side of one WebSocket. Touching it after its end is a fault, as with the real one. */
class SimSocket<Seat> implements Socket, ChannelSink {
  #heardMs: number;
  #over = false;
  /** Something was buffered or dropped: the server says when the buffer has drained. */
  waits = false;
  readonly #idle: { cancel(): void };

  constructor(
    readonly seat: Seat,
    readonly end_: ChannelEnd,
    readonly deps: SocketDeps<Seat>,
  ) {
    const { process, options, open } = deps;
    open.add(this);
    this.#heardMs = process.clock.nowMs();
    this.#idle = process.clock.every(options.idleMs / 4, () => this.#checkIdle());
  }

  send(message: Uint8Array, isBinary: boolean): number {
    this.#check();
    const buffered = this.getBufferedAmount();
    this.waits ||= this.end_.queuedBytes + message.length > KERNEL_BYTES;
    if (buffered + message.length > this.deps.options.bufferBytesMax) return 2;
    const copy = Buffer.from(message);
    this.deps.tap(this.seat, copy, isBinary);
    this.end_.send(isBinary ? copy : copy.toString());
    return buffered > 0 ? 0 : 1;
  }

  getBufferedAmount(): number {
    this.#check();
    return Math.max(0, this.end_.queuedBytes - KERNEL_BYTES);
  }

  cork(run: () => void): void {
    this.#check();
    run();
  }

  end(code: number, why: string): void {
    this.#check();
    this.end_.close("done", { code, why });
    this.#finish();
  }

  /** Ends at once, without a word. */
  cut(): void {
    if (this.#over) return;
    this.end_.close("broken", { code: 1006, why: "" });
    this.#finish();
  }

  message(data: Data): void {
    if (this.#over) return;
    this.#heardMs = this.deps.process.clock.nowMs();
    const bytes = typeof data === "string" ? Buffer.from(data) : Buffer.from(data);
    this.deps.handler.message(this.seat, bytes, typeof data !== "string");
    // The server's memory: nobody may look at it any more.
    bytes.fill(0xdd);
  }

  closed(_notice: Notice): void {
    if (!this.#over) this.#finish();
  }

  drained(): void {
    if (this.#over) return;
    this.waits = this.getBufferedAmount() > 0;
    this.deps.handler.drained(this.seat);
  }

  /** A live client's operating system or WebSocket answers pings by itself. */
  #checkIdle(): void {
    const { process, options } = this.deps;
    const nowMs = process.clock.nowMs();
    if (this.end_.reachable) this.#heardMs = nowMs;
    else if (nowMs - this.#heardMs > options.idleMs) this.cut();
  }

  #finish(): void {
    this.#over = true;
    this.#idle.cancel();
    this.deps.open.delete(this);
    this.deps.handler.closed(this.seat);
  }

  #check(): void {
    if (this.#over) throw new Error("a socket was touched after its end");
  }
}
