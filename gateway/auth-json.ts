import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { registry } from "../lib/contract.js";

/** The RPCs that are open to clients, under `POST /v1/auth/<path>`. */
export const publicRpcs = {
  register: "register",
  login: "login",
  refresh: "refresh",
  devices: "listDevices",
  revoke: "revokeDevice",
  lookup: "lookUpUser",
} as const satisfies Record<string, keyof typeof AuthService>;

export type PublicPath = keyof typeof publicRpcs;

const methods = registry.getService("chat.auth.v1.Auth")?.method ?? {};

/** Reads the canonical JSON of a request, strictly: an unknown field, a wrong type or broken JSON throws. */
export function readRequest(path: PublicPath, body: Buffer): Record<string, unknown> {
  const rpc = publicRpcs[path];
  const schema = schemaOf(rpc).input;
  const json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as JsonValue;
  const bytes = toBinary(schema, fromJson(schema, json, { registry }));
  return { ...AuthService[rpc].requestDeserialize(Buffer.from(bytes)) };
}

/** Gives the canonical JSON of a response. */
export function writeResponse(path: PublicPath, response: unknown): JsonValue {
  const rpc = publicRpcs[path];
  const schema = schemaOf(rpc).output;
  const serialize = AuthService[rpc].responseSerialize as (value: unknown) => Buffer;
  return toJson(schema, fromBinary(schema, serialize(response)), { registry });
}

function schemaOf(rpc: string) {
  const method = methods[rpc];
  if (!method) throw new Error(`the contract has no chat.auth.v1.Auth/${rpc}`);
  return method;
}
