import { codecFor } from "../../client/codec.js";
import type { Socket, SocketFactory, Subprotocol } from "../../client/node.js";
import { ClientFrame } from "../../gen/chat/client/v1/frames.js";
import { type ClientKind, FrameNotes, type ServerKind } from "./frame-notes.js";
import type { Recorder } from "./recorder.js";

/** The device's sockets, with everything that passes through them noted. */
export function recordedSockets(
  recorder: Recorder,
  device: string,
  openSocket: SocketFactory,
): SocketFactory {
  const notes = new FrameNotes(recorder, device);
  let newest = 0;
  return (request, handlers) => {
    const { subprotocol } = request;
    const socket = ++newest;
    let open = false;
    const ended = () => {
      if (open && socket === newest) recorder.note({ type: "disconnect", device });
      open = false;
    };
    recorder.note({ type: "dial", device });
    const inner = openSocket(request, {
      open() {
        open = true;
        recorder.note({ type: "connect", device });
        handlers.open();
      },
      message(data) {
        const frame = decodeServer(subprotocol, data);
        if (frame) notes.incoming(frame);
        handlers.message(data);
      },
      end(end) {
        ended();
        handlers.end(end);
      },
    });
    return recordedSocket(inner, subprotocol, notes, ended);
  };
}

function recordedSocket(
  inner: Socket,
  subprotocol: Subprotocol,
  notes: FrameNotes,
  ended: () => void,
): Socket {
  return {
    send(data) {
      const frame = decodeClient(subprotocol, data);
      if (frame) notes.outgoing(frame);
      inner.send(data);
    },
    bufferedBytes: () => inner.bufferedBytes(),
    drop() {
      ended();
      inner.drop();
    },
  };
}

/** What cannot be decoded is for the client to complain about. */
function decodeServer(subprotocol: Subprotocol, data: unknown): ServerKind | undefined {
  try {
    const frame = codecFor(subprotocol).decode(data);
    return frame?.$case === "undecodable" ? undefined : frame;
  } catch {
    return undefined;
  }
}

function decodeClient(subprotocol: Subprotocol, data: Uint8Array | string): ClientKind | undefined {
  const isJson = subprotocol === "chat.v1.json";
  if (isJson !== (typeof data === "string")) throw new Error("a frame of the other codec");
  return typeof data === "string"
    ? ClientFrame.fromJSON(JSON.parse(data)).kind
    : ClientFrame.decode(data).kind;
}
