import { Codec } from "../gen/chat/parser/v1/parser.js";
import type { Origins } from "./origins.js";
import { invalid, type Refusal, unauthenticated } from "./refusal.js";
import type { Request } from "./sockets.js";

/** What a well-formed upgrade asks for. */
export interface UpgradeWish {
  readonly protocol: string;
  readonly codec: Codec.PROTO | Codec.JSON;
  readonly connect: number;
  readonly token: string;
}

const CODECS: Readonly<Record<string, Codec.PROTO | Codec.JSON>> = {
  "chat.v1.proto": Codec.PROTO,
  "chat.v1.json": Codec.JSON,
};
const BEARER_PROTOCOL = "bearer.";
const TOKEN_PARAMETERS = ["token", "access_token", "bearer", "authorization", "jwt"];

/** Reads an upgrade request, without verifying the token. */
export function readUpgrade(request: Request, origins: Origins): UpgradeWish | Refusal {
  const query = new URLSearchParams(request.query);
  if (TOKEN_PARAMETERS.some((name) => query.has(name))) {
    return invalid("a token must not travel in the URL: send it in Authorization or a subprotocol");
  }
  if (!origins.allows(request.header("origin"))) {
    return invalid("this origin may not connect", 403);
  }
  if (request.header("upgrade").toLowerCase() !== "websocket") {
    return invalid("this is a WebSocket: upgrade the connection", 426);
  }
  // The server itself checks neither of these, and a client that breaks them could not talk to it.
  if (request.header("sec-websocket-version") !== "13") {
    return invalid("Sec-WebSocket-Version must be 13", 426);
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(request.header("sec-websocket-key"))) {
    return invalid("Sec-WebSocket-Key must be 16 bytes in base64");
  }
  const connect = readConnect(query.getAll("connect"));
  if (connect === undefined) return invalid("connect must be one whole number from 1 to 2^53 - 1");
  return readProtocols(request, connect);
}

function readProtocols(request: Request, connect: number): UpgradeWish | Refusal {
  const offered = request
    .header("sec-websocket-protocol")
    .split(",")
    .map((protocol) => protocol.trim());
  const codecs = [...new Set(offered.filter((protocol) => Object.hasOwn(CODECS, protocol)))];
  const protocol = codecs[0];
  const codec = protocol === undefined ? undefined : CODECS[protocol];
  if (protocol === undefined || codec === undefined || codecs.length > 1) {
    return invalid("offer exactly one of the subprotocols chat.v1.proto and chat.v1.json");
  }
  const tokens = offered
    .filter((item) => item.startsWith(BEARER_PROTOCOL))
    .map((item) => item.slice(BEARER_PROTOCOL.length));
  const header = request.header("authorization");
  if (header !== "") {
    const token = readBearer(header);
    if (token === undefined) return unauthenticated("Authorization must be `Bearer <token>`");
    tokens.push(token);
  }
  const token = tokens[0];
  if (token === undefined || token === "") return unauthenticated("an access token is needed");
  if (tokens.length > 1) return invalid("send the access token once");
  return { protocol, codec, connect, token };
}

/** The token of an Authorization header. */
export function readBearer(header: string): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(header)?.[1];
}

function readConnect(values: readonly string[]): number | undefined {
  const [value] = values;
  if (values.length !== 1 || value === undefined || !/^[1-9]\d{0,15}$/.test(value))
    return undefined;
  const connect = Number(value);
  return Number.isSafeInteger(connect) ? connect : undefined;
}
