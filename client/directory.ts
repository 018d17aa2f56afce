import {
  type Credentials,
  type DeviceInfo,
  listDevices,
  lookUpUser,
  revokeDevice,
  signIn,
} from "./auth-api.js";
import { ChatError } from "./errors.js";
import type { Fetch } from "./http.js";
import type { Account, ClientStore } from "./store.js";
import type { TokenKeeper } from "./tokens.js";

/** Signs in and makes the store this device's; a store that has an account already is refused. */
export async function signInStore(
  deps: { store: ClientStore; fetch: Fetch; server: string },
  path: "register" | "login",
  credentials: Credentials,
): Promise<Account> {
  const { store, fetch } = deps;
  const present = (await store.load()).account;
  if (present !== undefined) {
    const why = `This device is logged in as ${present.name} already; log out first.`;
    throw new ChatError("ALREADY_EXISTS", why);
  }
  const server = deps.server.replace(/\/+$/, "");
  const account = await signIn({ server, fetch }, path, credentials);
  const { user, name } = account;
  await store.write([
    { kind: "clear" },
    { kind: "account", account },
    { kind: "name", user, name },
  ]);
  return account;
}

/** People and devices: what the auth service knows, and the names this device has learnt. */
export class Directory {
  constructor(
    private readonly deps: {
      tokens: TokenKeeper;
      fetch: Fetch;
      store: ClientStore;
      /** Names by user id. */
      names: Map<string, string>;
    },
  ) {}

  async lookUp(name: string): Promise<{ user: string; name: string }> {
    const found = await this.call((http, token) => lookUpUser(http, token, name));
    await this.learn([found]);
    return found;
  }

  /** Remembers names. */
  async learn(found: readonly { user: string; name: string }[]): Promise<void> {
    const { names, store } = this.deps;
    const fresh = found.filter(({ user, name }) => names.get(user) !== name);
    if (fresh.length === 0) return;
    for (const { user, name } of fresh) names.set(user, name);
    await store.write(fresh.map(({ user, name }) => ({ kind: "name", user, name })));
  }

  knownUser(name: string): string | undefined {
    for (const [user, known] of this.deps.names) if (known === name.toLowerCase()) return user;
    return undefined;
  }

  nameOf(user: string): string | undefined {
    return this.deps.names.get(user);
  }

  devices(): Promise<DeviceInfo[]> {
    return this.call(listDevices);
  }

  revoke(device: string): Promise<void> {
    return this.call((http, token) => revokeDevice(http, token, device));
  }

  private call<T>(run: (http: { server: string; fetch: Fetch }, token: string) => Promise<T>) {
    const { tokens, fetch } = this.deps;
    const { server } = tokens.account;
    return tokens.authorized((token) => run({ server, fetch }, token));
  }
}
