import type { SocketFactory } from "../../client/socket.js";
import type { Data, Notice } from "./channel.js";
import type { NetworkModel } from "./network-model.js";
import type { SimProcess } from "./sim-process.js";
import { type Knock, WELCOME } from "./sim-sockets.js";

export interface ClientSocketDeps {
  readonly model: NetworkModel;
  readonly process: SimProcess;
  /** Where the next connection goes: a load balancer's choice. */
  readonly gateway: () => string;
  /** Bytes per millisecond the client reads; changes while it is connected. */
  readonly rate: () => number;
}

/** The client's WebSockets on simulated connections. */
export function clientSockets(deps: ClientSocketDeps): SocketFactory {
  const { model, process } = deps;
  return (request, handlers) => {
    const knock: Knock = {
      query: request.url.slice(request.url.indexOf("?") + 1),
      protocol: request.subprotocol,
      token: request.token,
    };
    let live = true;
    let open = false;
    const take = (data: Data) => {
      if (!live) return;
      end.peer.rate = deps.rate();
      if (!open) {
        open = true;
        if (data !== WELCOME) throw new Error("the server did not say welcome");
        handlers.open();
        return;
      }
      handlers.message(typeof data === "string" ? data : new Uint8Array(data).buffer);
    };
    const closed = ({ code, why, unauthorized = false }: Notice) => {
      if (live) handlers.end({ code, reason: why, unauthorized });
      live = false;
    };
    const address = `ws:${deps.gateway()}`;
    const end = model.dial(process, address, knock, {
      message: take,
      closed,
      waits: false,
      drained: () => {},
    });
    return {
      send: (data) => end.send(typeof data === "string" ? data : Buffer.from(data)),
      bufferedBytes: () => end.queuedBytes,
      drop() {
        live = false;
        end.close("done", { code: 1000, why: "" });
      },
    };
  };
}
