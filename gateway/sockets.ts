/** What an HTTP or WebSocket request said, copied out of the server before anything waits. */
export interface Request {
  readonly method: string;
  readonly path: string;
  /** Behind the question mark, as it came. */
  readonly query: string;
  /** One header by its name in lower case; empty when it was not sent. */
  header(name: string): string;
  /** Address of the peer that opened the TCP connection. */
  readonly peerAddress: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request that is to be answered once. Everything is ignored once the client has gone. */
export interface Exchange {
  readonly request: Request;
  readonly gone: boolean;
  answer(answer: Answer): void;
  /** Calls back when the client goes before it was answered. */
  aborted(run: () => void): void;
  /** Collects the body; `done` gets undefined when it is larger than `bytesMax`. Call it before anything waits. */
  body(bytesMax: number, done: (body: Buffer | undefined) => void): void;
}

/** A request to become a WebSocket. */
export interface UpgradeExchange<Seat> extends Exchange {
  /** Switches protocols; `open` follows with this seat. */
  accept(seat: Seat, protocol: string): void;
}

/** One open WebSocket. Dead once `closed` was called with its seat: it must not be touched then. */
export interface Socket {
  /** 1: sent, 0: buffered, 2: dropped. */
  send(message: Uint8Array, isBinary: boolean): number;
  getBufferedAmount(): number;
  /** What is sent inside leaves with one system call. */
  cork(run: () => void): unknown;
  /** Sends a close frame and calls `closed` before it returns. */
  end(code: number, reason: string): void;
}

/** What the gateway does with its sockets. `seat` is what was given to `accept`. */
export interface SocketsHandler<Seat> {
  upgrade(exchange: UpgradeExchange<Seat>): void;
  request(exchange: Exchange): void;
  open(seat: Seat, socket: Socket): void;
  /** `data` is dead when this returns. */
  message(seat: Seat, data: Uint8Array, isBinary: boolean): void;
  drained(seat: Seat): void;
  closed(seat: Seat): void;
}

/** The HTTP and WebSocket server, as far as the gateway knows it. */
export interface Sockets {
  /** Listens and gives the port; rejects with one clear sentence when the address cannot be used. */
  listen(host: string, port: number): Promise<number>;
  /** Takes no further TCP connections; those there go on. */
  stopListening(): void;
  /** Ends everything at once. */
  close(): void;
}

export interface SocketsOptions {
  /** A silent peer is pinged, and cut off after this time without any sign of life. */
  readonly idleMs: number;
  /** Messages above this are cut off by the server itself, without a close code. */
  readonly messageBytesMax: number;
  /** Last line of defence: the server drops messages beyond this. */
  readonly bufferBytesMax: number;
  /** PEM files; empty for no TLS. */
  readonly certFile: string;
  readonly keyFile: string;
}

export type CreateSockets = <Seat>(
  options: SocketsOptions,
  handler: SocketsHandler<Seat>,
) => Sockets;
