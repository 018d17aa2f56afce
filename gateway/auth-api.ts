import type { AuthService } from "../gen/chat/auth/v1/auth.js";
import type { RpcClient } from "../lib/rpc/network.js";
import type { Access } from "./access.js";
import { addressKey, clientAddress } from "./addresses.js";
import { type PublicPath, publicRpcs, readRequest, writeResponse } from "./auth-json.js";
import { Places } from "./places.js";
import {
  answerJson,
  answerRefusal,
  busy,
  invalid,
  type Refusal,
  refusalOf,
  unauthenticated,
} from "./refusal.js";
import type { Answer, Exchange, Request } from "./sockets.js";
import { readBearer } from "./upgrade-request.js";

const BODY_BYTES_MAX = 16 * 1024;
/** Requests of one address whose body is still to come; above it: BUSY. */
const BODIES_PER_ADDRESS_MAX = 64;

/** What the gateway itself writes into a request: whatever the body says there is overwritten. */
const OWN_FIELD: Readonly<Record<PublicPath, "address" | "user" | "caller" | undefined>> = {
  register: "address",
  login: "address",
  refresh: undefined,
  devices: "user",
  revoke: "user",
  lookup: "caller",
};

interface Deps {
  readonly client: RpcClient<typeof AuthService>;
  readonly access: Access;
  readonly trustForwarded: boolean;
  readonly callsMax: number;
}

/** Passes the public RPCs of auth on to clients as JSON over HTTP. */
export class AuthApi {
  readonly #deps: Deps;
  readonly #bodies = new Places(BODIES_PER_ADDRESS_MAX);
  #calls = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Answers `POST /v1/auth/<name>`; `headers` go with the answer. */
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
    exchange.body(BODY_BYTES_MAX, (body) => {
      arrived();
      if (body) this.#serve(exchange.request, name as PublicPath, body, answer);
      else answer(answerRefusal(invalid(`a body is at most ${BODY_BYTES_MAX} bytes`, 413)));
    });
  }

  /** A call counts from here on: requests whose body never comes must not take the places of others. */
  #serve(request: Request, path: PublicPath, body: Buffer, answer: (given: Answer) => void): void {
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

  /** Answers `GET /v1/auth/jwks`: the key set itself (RFC 7517). */
  jwks(exchange: Exchange, headers: Readonly<Record<string, string>>): void {
    this.#deps.client.getKeys({}).then(
      ({ jwksJson }) => {
        const { status, headers: own } = answerJson(200, {}, headers);
        exchange.answer({ status, headers: own ?? {}, body: jwksJson });
      },
      (error: unknown) => exchange.answer(answerRefusal(refusalOf(error))),
    );
  }

  #refuse(name: string, request: Request): Refusal | undefined {
    if (!Object.hasOwn(publicRpcs, name)) {
      return { status: 404, reason: "NOT_FOUND", message: "there is nothing here" };
    }
    if (!/^application\/json\s*(;|$)/i.test(request.header("content-type"))) {
      return invalid("the body must be application/json", 415);
    }
    return undefined;
  }

  async #call(request: Request, path: PublicPath, body: Buffer): Promise<Answer> {
    const { client, access, trustForwarded } = this.#deps;
    let message: Record<string, unknown>;
    try {
      message = readRequest(path, body);
    } catch {
      // The parser's own text could repeat what was sent: a password, say.
      return answerRefusal(invalid("the body is not the canonical JSON of this request"));
    }
    const own = OWN_FIELD[path];
    if (own === "address") {
      message.address = clientAddress(request, trustForwarded);
    } else if (own !== undefined) {
      const token = readBearer(request.header("authorization"));
      if (token === undefined) return answerRefusal(unauthenticated("an access token is needed"));
      const caller = access.check(token);
      if ("status" in caller) return answerRefusal(caller);
      message[own] = caller.user;
    }
    const call = client[publicRpcs[path]] as (request: unknown) => Promise<unknown>;
    return answerJson(200, writeResponse(path, await call(message)));
  }
}
