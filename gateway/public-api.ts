import type { Access } from "./access.js";
import { addressKey, clientAddress } from "./addresses.js";
import type { Buckets } from "./buckets.js";
import { Places } from "./places.js";
import {
  isUsersOwn,
  type PublicRpc,
  type PublicService,
  readRequest,
  writeResponse,
} from "./public-json.js";
import {
  answerJson,
  answerRefusal,
  busy,
  invalid,
  limited,
  type Refusal,
  refusalOf,
  unauthenticated,
} from "./refusal.js";
import type { Answer, Exchange, Request } from "./sockets.js";
import { readBearer } from "./upgrade-request.js";

/** Requests of one address whose body is still to come; above it: BUSY. */
const BODIES_PER_ADDRESS_MAX = 64;

/** Calls of one RPC by its name; the client of any service has them. */
type Calls = Readonly<Record<string, unknown>>;

/** What all public RPCs stand on. */
export interface SharedByApis {
  readonly access: Pick<Access, "check">;
  /** How fast one user may call, whatever he calls. */
  readonly rates: Pick<Buckets, "take">;
  readonly trustForwarded: boolean;
  readonly callsMax: number;
  /** The user did something of his own, and was answered. */
  readonly acted: (user: string) => void;
}

interface Deps extends SharedByApis {
  readonly service: PublicService;
  /** The client of the instance that is to get this request. */
  readonly clientFor: (request: Readonly<Record<string, unknown>>) => Calls;
}

/** Passes the public RPCs of a service on to clients as JSON over HTTP. */
export class PublicApi {
  readonly #deps: Deps;
  readonly #bodies = new Places(BODIES_PER_ADDRESS_MAX);
  #calls = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Answers `POST /v1/<service>/<name>`; `headers` go with the answer. */
  post(exchange: Exchange, name: string, headers: Readonly<Record<string, string>>): void {
    const answer = (given: Answer) =>
      exchange.answer({ ...given, headers: { ...given.headers, ...headers } });
    const refusal = this.#refuse(name, exchange.request);
    if (refusal) {
      answer(answerRefusal(refusal));
      return;
    }
    const place = addressKey(clientAddress(exchange.request, this.#deps.trustForwarded));
    if (!this.#bodies.enter(place)) {
      answer(answerRefusal(busy("too many unfinished requests from this address", 1000)));
      return;
    }
    let arriving = true;
    const arrived = () => {
      if (arriving) this.#bodies.leave(place);
      arriving = false;
    };
    exchange.aborted(arrived);
    const { bodyBytesMax } = this.#deps.service;
    exchange.body(bodyBytesMax, (body) => {
      arrived();
      if (body) this.#serve(exchange.request, name, body, answer);
      else answer(answerRefusal(invalid(`a body is at most ${bodyBytesMax} bytes`, 413)));
    });
  }

  /** A call counts from here on: requests whose body never comes must not take the places of others. */
  #serve(request: Request, path: string, body: Buffer, answer: (given: Answer) => void): void {
    if (this.#calls >= this.#deps.callsMax) {
      answer(answerRefusal(busy("too many calls at once", 1000)));
      return;
    }
    this.#calls++;
    const done = (given: Answer) => {
      this.#calls--;
      answer(given);
    };
    this.#call(request, path, body).then(done, (error: unknown) =>
      done(answerRefusal(refusalOf(error))),
    );
  }

  #refuse(name: string, request: Request): Refusal | undefined {
    if (!Object.hasOwn(this.#deps.service.rpcs, name)) {
      return { status: 404, reason: "NOT_FOUND", message: "there is nothing here" };
    }
    if (!/^application\/json\s*(;|$)/i.test(request.header("content-type"))) {
      return invalid("the body must be application/json", 415);
    }
    return undefined;
  }

  async #call(request: Request, path: string, body: Buffer): Promise<Answer> {
    const { service, clientFor } = this.#deps;
    const { rpc = "", own, weight = 1 } = service.rpcs[path] ?? ({} as Partial<PublicRpc>);
    const from = this.#from(request, own, weight);
    if (typeof from === "object") return answerRefusal(from);
    let message: Record<string, unknown>;
    try {
      message = readRequest(service, path, body);
    } catch {
      // The parser's own text could repeat what was sent: a password, say.
      return answerRefusal(invalid("the body is not the canonical JSON of this request"));
    }
    if (own !== undefined) message[own] = from;
    const call = clientFor(message)[rpc] as (request: unknown) => Promise<unknown>;
    const response = await call(message);
    const byUser = own !== undefined && own !== "address";
    if (byUser && isUsersOwn(service, path)) this.#deps.acted(from);
    return answerJson(200, writeResponse(service, path, response));
  }

  /** Whom a request comes from, before its body is looked at: his address or, by his token, his id. */
  #from(request: Request, own: PublicRpc["own"], weight: number): string | Refusal {
    const { access, rates, trustForwarded } = this.#deps;
    if (own === undefined || own === "address") return clientAddress(request, trustForwarded);
    const token = readBearer(request.header("authorization"));
    if (token === undefined) return unauthenticated("an access token is needed");
    const caller = access.check(token);
    if ("status" in caller) return caller;
    const waitMs = rates.take(caller.user, weight);
    return waitMs > 0 ? limited("too many calls of this user", waitMs) : caller.user;
  }
}
