import type { Subprotocol } from "./codec.js";

/** How a connection ended. `unauthorized`: the server refused the token at the upgrade. */
export interface SocketEnd {
  code: number;
  reason: string;
  unauthorized?: boolean;
}

/** One WebSocket, reduced to what the SDK needs. After `end` or `drop` no handler is called. */
export interface Socket {
  send(data: Uint8Array | string): void;
  /** Bytes given to `send` that have not left yet. */
  bufferedBytes(): number;
  /** Ends the connection; its handlers are not called any more. */
  drop(): void;
}

export interface SocketHandlers {
  open(): void;
  message(data: unknown): void;
  end(end: SocketEnd): void;
}

export interface SocketRequest {
  url: string;
  subprotocol: Subprotocol;
  token: string;
}

/** Opens a socket; binary messages arrive as ArrayBuffer. */
export type SocketFactory = (request: SocketRequest, handlers: SocketHandlers) => Socket;

/** The browser's WebSocket cannot set headers: the token travels as a further subprotocol. */
export const webSocketFactory: SocketFactory = (request, handlers) => {
  const protocols = [request.subprotocol, `bearer.${request.token}`];
  const socket = new WebSocket(request.url, protocols);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => handlers.open();
  socket.onmessage = (event) => handlers.message(event.data);
  socket.onclose = (event) => handlers.end({ code: event.code, reason: event.reason });
  return {
    send: (data) => socket.send(data as Uint8Array<ArrayBuffer>),
    bufferedBytes: () => socket.bufferedAmount,
    drop() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    },
  };
};
