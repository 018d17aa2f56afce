import { generateKeyPairSync, sign } from "node:crypto";
import { createAuthEvents } from "../../auth/events.js";
import { startPrivacies } from "../../auth/privacies.js";
import { createPrivacyHandlers } from "../../auth/privacy-service.js";
import { createRateLimit } from "../../auth/rate-limits.js";
import { AuthService, type WatchRevocationsResponse } from "../../gen/chat/auth/v1/auth.js";
import { PrivaciesService } from "../../gen/chat/auth/v1/privacy.js";
import { silentLogger } from "../../lib/log.js";
import type { Module } from "../../lib/module.js";
import type { Handlers, Network } from "../../lib/rpc/network.js";
import type { OpenEngine } from "../../lib/store/engine.js";
import { openLevel } from "../../lib/store/level.js";
import { accessToken } from "../../lib/token.js";
import type { SimProcess } from "./sim-process.js";

const KEY_ID = "sim";
const SIGN_OF_LIFE_MS = 5_000;
/** Whoever is asked for. */
const SOMEBODY = { user: "us_somebody", name: "somebody", passwordHash: "", createdMs: 0 };
const NO_LIMIT = createRateLimit({ count: 0, windowMs: 1 });
const UNLIMITED = { privacyPerCaller: NO_LIMIT, lookUpPerCaller: NO_LIMIT };
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

export interface SimAuth {
  readonly process: SimProcess;
  readonly network: Network;
  readonly accounts: SimAccounts;
  readonly open: OpenEngine;
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

/**
 * Stands in for auth as far as accounts go: everybody exists, and nobody logs in. Blocks and settings of privacy are the
 * product's own, on a disk.
 */
export async function startSimAuth({ process, accounts, open, network }: SimAuth): Promise<Module> {
  const { clock } = process;
  const log = silentLogger;
  const kv = await openLevel({ directory: "simulated", clock, log, open });
  const sessions = [{ name: "session-1", address: "local:session" }];
  const privacies = startPrivacies({ sessions, network, clock, log }, kv);
  const events = createAuthEvents(log);
  const exists = { findAccount: async () => SOMEBODY };
  const deps = { ...privacies, accounts: exists, limits: UNLIMITED, events, clock, log };
  const served: Partial<Handlers<typeof AuthService>> = {
    getKeys: async () => ({ jwksJson: jwks }),
    getUsers: async ({ users }) => ({ users: users.map((user) => ({ user, name: user })) }),
    watchRevocations: (_request, { signal }) => revocations(process, accounts, signal),
  };
  const server = network.server("local:auth");
  server.service(AuthService, refusingOthers(served) as Handlers<typeof AuthService>);
  server.service(PrivaciesService, createPrivacyHandlers(deps));
  await server.start();
  const stop = async () => {
    privacies.audiences.close();
    await server.stop();
    privacies.stop();
    await kv.close();
  };
  return { drain: (delayMs) => server.drain(delayMs), stop };
}

/** The calls that nobody makes here fail. */
function refusingOthers<T extends object>(served: T): T {
  return new Proxy(served, {
    get: (target, name) => Reflect.get(target, name) ?? (() => Promise.reject(new Error("no"))),
  });
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
