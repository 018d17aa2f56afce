import type { Origins } from "./origins.js";
import type { PublicApi } from "./public-api.js";
import { answerJson, answerRefusal, invalid } from "./refusal.js";
import type { Exchange } from "./sockets.js";

/** Where public RPCs are: `/v1/<service>/<path>`. */
const API = /^\/v1\/([a-z]+)\/(.*)$/;

export interface RoutesDeps {
  /** By the name of the service. */
  readonly apis: Readonly<Record<string, Pick<PublicApi, "post">>>;
  /** Answers GET of the token keys. */
  readonly keys: (exchange: Exchange, headers: Readonly<Record<string, string>>) => void;
  readonly origins: Origins;
  /** What keeps the gateway from serving; empty when nothing does. */
  readonly unready: () => readonly string[];
}

/** Every HTTP request that is not an upgrade. */
export class Routes {
  readonly #deps: RoutesDeps;

  constructor(deps: RoutesDeps) {
    this.#deps = deps;
  }

  handle(exchange: Exchange): void {
    const { method, path } = exchange.request;
    const [, service = "", name = ""] = API.exec(path) ?? [];
    const api = Object.hasOwn(this.#deps.apis, service) ? this.#deps.apis[service] : undefined;
    if (api !== undefined) {
      this.#call(exchange, api, { name, isKeys: service === "auth" && name === "jwks" });
    } else if (method !== "GET") {
      exchange.answer(answerRefusal(invalid("only GET is served here", 405)));
    } else if (path === "/healthz") {
      exchange.answer(answerJson(200, { alive: true }));
    } else if (path === "/readyz") {
      const missing = this.#deps.unready();
      exchange.answer(
        answerJson(missing.length === 0 ? 200 : 503, { ready: !missing.length, missing }),
      );
    } else if (path === "/v1/ws") {
      exchange.answer(answerRefusal(invalid("this is a WebSocket: upgrade the connection", 426)));
    } else {
      const nothing = { status: 404, reason: "NOT_FOUND", message: "there is nothing here" };
      exchange.answer(answerRefusal(nothing));
    }
  }

  #call(
    exchange: Exchange,
    api: Pick<PublicApi, "post">,
    { name, isKeys }: { readonly name: string; readonly isKeys: boolean },
  ): void {
    const { keys, origins } = this.#deps;
    const { method } = exchange.request;
    const origin = exchange.request.header("origin");
    if (!origins.allows(origin)) {
      exchange.answer(answerRefusal(invalid("this origin may not call", 403)));
    } else if (method === "OPTIONS") {
      exchange.answer({ status: 204, headers: origins.preflight(origin), body: "" });
    } else if (method === "POST" && !isKeys) {
      api.post(exchange, name, origins.headers(origin));
    } else if (method === "GET" && isKeys) {
      keys(exchange, origins.headers(origin));
    } else {
      const answer = answerRefusal(invalid("POST is served here, and GET for jwks", 405));
      exchange.answer({ ...answer, headers: { ...answer.headers, ...origins.headers(origin) } });
    }
  }
}
