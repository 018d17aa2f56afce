import type { Fetch } from "../../client/http.js";
import type { Answer, Exchange } from "../../gateway/sockets.js";
import type { ChannelEnd } from "./channel.js";
import type { NetworkModel } from "./network-model.js";
import type { SimProcess } from "./sim-process.js";

/** What a client asks on a connection of its own. */
export interface HttpCall {
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

/** The answer ends the connection: its status and body are what the other side hears last. */
const STATUS_MAX = 999;

/** The client's HTTP requests on simulated connections. */
export function simFetch(model: NetworkModel, process: SimProcess, gateway: () => string): Fetch {
  return (url, { headers = {}, body, signal }) =>
    new Promise((resolve, reject) => {
      const { authorization = "" } = headers as Record<string, string>;
      const call: HttpCall = { path: new URL(url).pathname, authorization, body: String(body) };
      const end = model.dial(process, `ws:${gateway()}`, call, {
        message: () => {},
        closed({ code: status, why }) {
          if (status > STATUS_MAX) reject(new Error(why));
          else resolve({ ok: status < 300, status, json: async () => JSON.parse(why) } as Response);
        },
        waits: false,
        drained: () => {},
      });
      signal?.addEventListener("abort", () => {
        end.close("done", { code: 1000, why: "" });
        reject(new Error("no answer in time"));
      });
    });
}

/** The same at the gateway. */
export function httpExchange(end: ChannelEnd, { path, authorization, body }: HttpCall): Exchange {
  const headers: Record<string, string> = { "content-type": "application/json", authorization };
  const exchange = {
    request: {
      method: "POST",
      path,
      query: "",
      peerAddress: "203.0.113.9",
      header: (name: string) => headers[name] ?? "",
    },
    gone: false,
    answer: ({ status, body: why }: Answer) => end.close("done", { code: status, why }),
    aborted(run: () => void) {
      end.sink = {
        message: () => {},
        closed() {
          exchange.gone = true;
          run();
        },
        waits: false,
        drained: () => {},
      };
    },
    body: (_bytesMax: number, done: (body: Buffer) => void) => done(Buffer.from(body)),
  };
  return exchange;
}
