import type { AuthApi } from "./auth-api.js";
import type { Origins } from "./origins.js";
import { answerJson, answerRefusal, invalid } from "./refusal.js";
import type { Exchange } from "./sockets.js";

const AUTH = "/v1/auth/";

interface Deps {
  readonly auth: AuthApi;
  readonly origins: Origins;
  /** What keeps the gateway from serving; empty when nothing does. */
  readonly unready: () => readonly string[];
}

/** Every HTTP request that is not an upgrade. */
export class Routes {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  handle(exchange: Exchange): void {
    const { method, path } = exchange.request;
    if (path.startsWith(AUTH)) {
      this.#auth(exchange, path.slice(AUTH.length));
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

  #auth(exchange: Exchange, name: string): void {
    const { auth, origins } = this.#deps;
    const { method } = exchange.request;
    const origin = exchange.request.header("origin");
    if (!origins.allows(origin)) {
      exchange.answer(answerRefusal(invalid("this origin may not call", 403)));
    } else if (method === "OPTIONS") {
      exchange.answer({ status: 204, headers: origins.preflight(origin), body: "" });
    } else if (method === "POST" && name !== "jwks") {
      auth.post(exchange, name, origins.headers(origin));
    } else if (method === "GET" && name === "jwks") {
      auth.jwks(exchange, origins.headers(origin));
    } else {
      const answer = answerRefusal(invalid("POST is served here, and GET for jwks", 405));
      exchange.answer({ ...answer, headers: { ...answer.headers, ...origins.headers(origin) } });
    }
  }
}
