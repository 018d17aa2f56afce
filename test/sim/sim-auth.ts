import { generateKeyPairSync, sign } from "node:crypto";
import { AuthService, type WatchRevocationsResponse } from "../../gen/chat/auth/v1/auth.js";
import { PrivaciesService, type WatchAudiencesResponse } from "../../gen/chat/auth/v1/privacy.js";
import type { Handlers, Network } from "../../lib/rpc/network.js";
import { accessToken } from "../../lib/token.js";
import type { SimProcess } from "./sim-process.js";

const KEY_ID = "sim";
const SIGN_OF_LIFE_MS = 5_000;
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

/** What auth knows: whose tokens are void. */
export class SimAccounts {
  readonly revoked: { readonly user: string; readonly device: string }[] = [];
  readonly #watchers = new Set<() => void>();

  revoke(user: string, device: string): void {
    this.revoked.push({ user, device });
    for (const wake of this.#watchers) wake();
  }

  isRevoked(device: string): boolean {
    return this.revoked.some((one) => one.device === device);
  }

  /** Resolves at the next revocation, at the latest after a while. */
  news(process: SimProcess, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#watchers.delete(wake);
        timer.cancel();
        process.start("news", resolve);
      };
      const timer = process.clock.after(withinMs, wake);
      this.#watchers.add(wake);
    });
  }
}

/** Stands in for auth: everybody exists, and hides and refuses nothing. */
export async function startSimAuth(
  network: Network,
  process: SimProcess,
  accounts: SimAccounts,
): Promise<void> {
  const served: Partial<Handlers<typeof AuthService>> = {
    getKeys: async () => ({ jwksJson: jwks }),
    getUsers: async ({ users }) => ({ users: users.map((user) => ({ user, name: user })) }),
    watchRevocations: (_request, { signal }) => revocations(process, accounts, signal),
  };
  const open: Partial<Handlers<typeof PrivaciesService>> = {
    listNotAddable: async () => ({ users: [] }),
    watchAudiences: (_request, { signal }) => nothingHidden(process, accounts, signal),
  };
  const server = network.server("local:auth");
  server.service(AuthService, refusingOthers(served) as Handlers<typeof AuthService>);
  server.service(PrivaciesService, refusingOthers(open) as Handlers<typeof PrivaciesService>);
  await server.start();
}

/** The calls that nobody makes here fail. */
function refusingOthers<T extends object>(served: T): T {
  return new Proxy(served, {
    get: (target, name) => Reflect.get(target, name) ?? (() => Promise.reject(new Error("no"))),
  });
}

async function* nothingHidden(
  process: SimProcess,
  accounts: SimAccounts,
  signal: AbortSignal,
): AsyncGenerator<WatchAudiencesResponse> {
  while (!signal.aborted) {
    yield { rules: [], complete: true };
    await accounts.news(process, SIGN_OF_LIFE_MS);
  }
}

async function* revocations(
  process: SimProcess,
  accounts: SimAccounts,
  signal: AbortSignal,
): AsyncGenerator<WatchRevocationsResponse> {
  let told = 0;
  while (!signal.aborted) {
    const fresh = accounts.revoked.slice(told);
    told = accounts.revoked.length;
    yield { revocations: fresh.map((one) => ({ ...one, atUnixMs: process.clock.wallMs() })) };
    await accounts.news(process, SIGN_OF_LIFE_MS);
  }
}
