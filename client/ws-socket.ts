import { WebSocket } from "ws";
import type { SocketFactory } from "./socket.js";

const FRAME_BYTES_MAX = 1024 * 1024;

/** The `ws` package: the token travels in the Authorization header. */
export const wsSocketFactory: SocketFactory = (request, handlers) => {
  const socket = new WebSocket(request.url, [request.subprotocol], {
    headers: { authorization: `Bearer ${request.token}` },
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  });
  socket.binaryType = "arraybuffer";
  let unauthorized = false;
  let live = true;
  socket.on("open", () => live && handlers.open());
  socket.on("message", (data, isBinary) => {
    if (live) handlers.message(isBinary ? data : textOf(data));
  });
  socket.on("unexpected-response", (_request, response) => {
    unauthorized = response.statusCode === 401;
    socket.terminate();
  });
  // An error is always followed by close, which tells what to do.
  socket.on("error", () => {});
  socket.on("close", (code, reason) => {
    if (live) handlers.end({ code, reason: reason.toString(), unauthorized });
    live = false;
  });
  return {
    send: (data) => socket.send(data),
    bufferedBytes: () => socket.bufferedAmount,
    drop() {
      live = false;
      if (socket.readyState === WebSocket.OPEN) socket.close(1000);
      else socket.terminate();
    },
  };
};

function textOf(data: unknown): string {
  return new TextDecoder().decode(data as ArrayBuffer);
}
