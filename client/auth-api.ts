import { ChatError } from "./errors.js";
import { type Fetch, post } from "./http.js";
import type { Account } from "./store.js";

/** One of the user's devices. */
export interface DeviceInfo {
  device: string;
  deviceName: string;
  createdUnixMs: number;
  refreshedUnixMs: number;
}

export interface Credentials {
  name: string;
  password: string;
  /** Shown in the list of devices. */
  deviceName?: string;
}

export type Tokens = Omit<Account, "server" | "name">;

interface Deps {
  server: string;
  fetch: Fetch;
}

/** `register` creates an account and its first device, `login` a further device. */
export async function signIn(
  deps: Deps,
  path: "register" | "login",
  credentials: Credentials,
): Promise<Account> {
  const { name, password, deviceName = "" } = credentials;
  const answer = await post(deps, `auth/${path}`, { name, password, deviceName });
  return { server: deps.server, name: name.toLowerCase(), ...tokensOf(answer) };
}

export async function refresh(deps: Deps, refreshToken: string): Promise<Tokens> {
  return tokensOf(await post(deps, "auth/refresh", { refreshToken }));
}

export async function listDevices(deps: Deps, token: string): Promise<DeviceInfo[]> {
  const answer = await post(deps, "auth/devices", {}, token);
  const devices = Array.isArray(answer.devices) ? answer.devices : [];
  return devices.map((device) => ({
    device: String(device.device ?? ""),
    deviceName: String(device.deviceName ?? ""),
    createdUnixMs: Number(device.createdUnixMs ?? 0),
    refreshedUnixMs: Number(device.refreshedUnixMs ?? 0),
  }));
}

export async function revokeDevice(deps: Deps, token: string, device: string): Promise<void> {
  await post(deps, "auth/revoke", { device }, token);
}

export async function lookUpUser(
  deps: Deps,
  token: string,
  name: string,
): Promise<{ user: string; name: string }> {
  const answer = await post(deps, "auth/lookup", { name }, token);
  return { user: String(answer.user ?? ""), name: String(answer.name ?? name) };
}

function tokensOf(answer: Record<string, unknown>): Tokens {
  const tokens = (answer.tokens ?? {}) as Record<string, unknown>;
  const text = (key: string) => String(tokens[key] ?? "");
  const result = {
    user: text("user"),
    device: text("device"),
    accessToken: text("accessToken"),
    accessExpiresUnixMs: Number(tokens.accessExpiresUnixMs ?? 0),
    refreshToken: text("refreshToken"),
    refreshExpiresUnixMs: Number(tokens.refreshExpiresUnixMs ?? 0),
  };
  if (result.user === "" || result.accessToken === "") {
    throw new ChatError("INTERNAL", "The server's answer holds no tokens.");
  }
  return result;
}
