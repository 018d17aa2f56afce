import { equal } from "node:assert/strict";
import type { AuthService, Tokens } from "../../gen/chat/auth/v1/auth.js";
import type { PrivaciesService } from "../../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import { FakeClock } from "../../lib/fake-clock.js";
import { type Logger, silentLogger } from "../../lib/log.js";
import type { Handlers } from "../../lib/rpc/network.js";
import type { KeyValueStore } from "../../lib/store/kv.js";
import { openLevel } from "../../lib/store/level.js";
import { createVerifier, type TokenVerifier } from "../../lib/token.js";
import { Audiences } from "../audiences.js";
import { type AuthConfig, readAuthConfig } from "../config.js";
import { createAuthEvents } from "../events.js";
import { Orders } from "../orders.js";
import { createPasswords, type PasswordHash } from "../passwords.js";
import { createPrivacyHandlers } from "../privacy-service.js";
import { createPrivacyStore } from "../privacy-store-level.js";
import { createRateLimits } from "../rate-limits.js";
import { openRevocationFeed, type RevocationFeed } from "../revocations.js";
import { createAuthHandlers } from "../service.js";
import { openSigningKeys } from "../signing-keys.js";
import { createLevelStore } from "../store-level.js";
import { createTokenIssuer } from "../tokens.js";
import { FakeOwner } from "./fake-owner.js";

/** The whole service but for the network, for tests: manual clock, countable hashes, no rate limits. */
export interface TestService {
  readonly handlers: Handlers<typeof AuthService>;
  readonly privacy: Handlers<typeof PrivaciesService>;
  readonly owner: FakeOwner;
  readonly orders: Orders;
  readonly clock: FakeClock;
  readonly hashes: CountedHash;
  readonly verifier: TokenVerifier;
  readonly feed: RevocationFeed;
  readonly kv: KeyValueStore;
  stop(): Promise<void>;
}

export interface TestOptions {
  readonly env?: Record<string, string>;
  readonly kv?: KeyValueStore;
  readonly clock?: FakeClock;
  readonly log?: Logger;
}

export interface CountedHash extends PasswordHash {
  hashed: number;
  verified: number;
}

/** A stand-in for argon2 that is quick and counts; real hashes are for passwords.test.ts. */
export function countedHash(): CountedHash {
  const counted: CountedHash = {
    hashed: 0,
    verified: 0,
    async hash(password) {
      counted.hashed++;
      return `plain:${password}`;
    },
    async verify(stored, password) {
      counted.verified++;
      return stored === `plain:${password}`;
    },
  };
  return counted;
}

/** No limits, unless `env` sets them. */
export const unlimited = {
  CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT: "0",
  CHAT_AUTH_LIMIT_LOGIN_ADDRESS_COUNT: "0",
  CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT: "0",
  CHAT_AUTH_LIMIT_LOOKUP_CALLER_COUNT: "0",
  CHAT_AUTH_LIMIT_PRIVACY_CALLER_COUNT: "0",
};

export async function startTestService(options: TestOptions = {}): Promise<TestService> {
  const config: AuthConfig = readAuthConfig({ ...unlimited, ...options.env });
  const clock = options.clock ?? new FakeClock();
  const log = options.log ?? silentLogger;
  const kv = options.kv ?? (await openLevel({ directory: "memory", log, clock }));
  const store = createLevelStore(kv);
  const events = createAuthEvents(log);
  const hashes = countedHash();
  const keys = await openSigningKeys(store, clock.wallMs());
  const feed = await openRevocationFeed({ store, clock, events, ...config });
  const shared = { events, clock, log, limits: createRateLimits(config.limits) };
  const privacyStore = createPrivacyStore(kv);
  const owner = new FakeOwner();
  const orders = new Orders({ clock, log, store: privacyStore, owners: owner });
  const audiences = new Audiences({ clock, store: privacyStore });
  const handlers = createAuthHandlers({
    ...shared,
    store,
    feed,
    passwords: await createPasswords(config.hashing, hashes),
    tokens: createTokenIssuer({ keys, ...config }),
    devicesMax: config.devicesMax,
    jwks: keys.jwks,
  });
  return {
    handlers,
    privacy: createPrivacyHandlers({
      ...shared,
      orders,
      audiences,
      store: privacyStore,
      accounts: store,
    }),
    owner,
    orders,
    clock,
    hashes,
    feed,
    kv,
    verifier: createVerifier({ keys: async () => keys.jwks, clock }),
    async stop() {
      orders.stop();
      audiences.close();
      feed.close();
      await kv.close();
    },
  };
}

/** A call that nobody gives up. */
export const patient = { signal: new AbortController().signal };

/** Registers an account and gives its tokens. */
export async function registerAs(service: TestService, name: string): Promise<Tokens> {
  const request = { name, password: "correct horse", deviceName: "phone", address: "" };
  return tokensOf(await service.handlers.register(request, patient));
}

export async function logInAs(service: TestService, name: string): Promise<Tokens> {
  const request = { name, password: "correct horse", deviceName: "laptop", address: "" };
  return tokensOf(await service.handlers.login(request, patient));
}

export async function refreshWith(service: TestService, refreshToken: string): Promise<Tokens> {
  return tokensOf(await service.handlers.refresh({ refreshToken }, patient));
}

function tokensOf(response: { tokens?: Tokens | undefined }): Tokens {
  if (response.tokens === undefined) throw new Error("the answer has no tokens");
  return response.tokens;
}

/** Passes when the call fails with this reason and an RpcError. */
export async function refused(call: Promise<unknown>, reason: ErrorReason): Promise<RpcError> {
  const error = await call.then(
    () => new Error("the call was answered"),
    (failure: unknown) => failure,
  );
  if (!(error instanceof RpcError)) throw error;
  equal(ErrorReason[error.reason], ErrorReason[reason]);
  return error;
}
