import { generateKeyPairSync, sign } from "node:crypto";
import { AuthService, type WatchRevocationsResponse } from "../../gen/chat/auth/v1/auth.js";
import type { Handlers, Network } from "../../lib/rpc/network.js";
import { accessToken } from "../../lib/token.js";
import type { SimProcess } from "./sim-process.js";

const KEY_ID = "sim";
const LIFE_S = 30 * 24 * 3600;
/** Long ago: services whose clocks jump back accept it, too. */
const ISSUED_S = 1_800_000_000 - 7 * 24 * 3600;
/** Another one in each process: nothing in a run depends on what its tokens look like. */
const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: accessToken.keyBits,
});
const jwks = JSON.stringify({
  keys: [{ ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: accessToken.algorithm }],
});

/** A token that outlives every run: the simulation is about delivery. */
export function tokenOf(user: string, device: string): string {
  const { algorithm, type, issuer, audience } = accessToken;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = part({ alg: algorithm, typ: type, kid: KEY_ID });
  const times = { iat: ISSUED_S, exp: ISSUED_S + LIFE_S };
  const input = `${header}.${part({ iss: issuer, aud: audience, sub: user, device, ...times })}`;
  return `${input}.${sign("RSA-SHA256", Buffer.from(input), privateKey).toString("base64url")}`;
}

/** Stands in for auth: everybody exists, nobody is revoked. */
export async function startSimAuth(network: Network, process: SimProcess): Promise<void> {
  const served: Partial<Handlers<typeof AuthService>> = {
    getKeys: async () => ({ jwksJson: jwks }),
    getUsers: async ({ users }) => ({ users: users.map((user) => ({ user, name: user })) }),
    watchRevocations: (_request, { signal }) => signsOfLife(process, signal),
  };
  const handlers = new Proxy(served, {
    get: (target, name) => Reflect.get(target, name) ?? (() => Promise.reject(new Error("no"))),
  });
  const server = network.server("local:auth");
  server.service(AuthService, handlers as Handlers<typeof AuthService>);
  await server.start();
}

async function* signsOfLife(
  process: SimProcess,
  signal: AbortSignal,
): AsyncGenerator<WatchRevocationsResponse> {
  while (!signal.aborted) {
    yield { revocations: [] };
    await new Promise<void>((resolve) => process.clock.after(5_000, resolve));
  }
}
