import { hostname } from "node:os";
import { ChatClient, ChatError, wsSocketFactory } from "../client/node.js";
import { CliError, exitCodes } from "./exit.js";
import { printable, printResult, timeOf } from "./output.js";
import { readPassword } from "./password.js";
import { type GlobalOptions, openClient, openStore, withClient } from "./profile.js";

/** `register` and `login`: afterwards the profile belongs to the account. */
export async function signIn(
  path: "register" | "login",
  name: string,
  options: GlobalOptions & { deviceName?: string },
): Promise<void> {
  const store = await openStore(options);
  let client: ChatClient | undefined;
  try {
    const account = (await store.load()).account;
    if (account !== undefined) {
      const advice = 'use another --profile, or "chatmesh logout" first';
      const why = `Profile "${options.profile}" belongs to ${account.name} already: ${advice}.`;
      throw new CliError(exitCodes.refused, why);
    }
    const password = await readPassword(path === "register");
    const deviceName = options.deviceName ?? `chatmesh on ${hostname()}`.slice(0, 64);
    const credentials = { name, password, deviceName };
    const deps = { store, openSocket: wsSocketFactory };
    client = await ChatClient[path](options.server, credentials, deps);
    const { user, device } = client.account;
    const value = { name: client.account.name, user, device, server: client.account.server };
    const text = `${path === "register" ? "Registered" : "Logged in"} as ${value.name} (${user}).`;
    printResult(options.json, value, text);
  } finally {
    await (client ?? store).close();
  }
}

/** Revokes this device and forgets the profile; `force` forgets it without the server's consent. */
export async function logOut(options: GlobalOptions & { force?: boolean }): Promise<void> {
  const client = await openClient(options);
  const { name } = client.account;
  let forgotten = false;
  try {
    await client.logOut();
    forgotten = true;
  } catch (error) {
    const revoked = error instanceof ChatError && error.reason === "UNAUTHENTICATED";
    if (!options.force && !revoked) throw error;
  } finally {
    await client.close();
  }
  if (!forgotten) {
    const store = await openStore(options);
    await store.write([{ kind: "clear" }]);
    await store.close();
  }
  printResult(options.json, { loggedOut: name }, `Logged out ${name}; this profile is empty now.`);
}

export async function whoAmI(options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { name, user, device, server } = client.account;
    const text = `${name} (${user}), device ${device}, at ${server}`;
    printResult(options.json, { name, user, device, server }, text);
  });
}

export async function listDevices(options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    const devices = await client.devices();
    const rows = devices.map((one) => {
      const mine = one.device === client.account.device ? "  (this one)" : "";
      const seen = `added ${timeOf(one.createdUnixMs)}, seen ${timeOf(Math.max(one.createdUnixMs, one.refreshedUnixMs))}`;
      return `${one.device}  ${printable(one.deviceName)}  ${seen}${mine}`;
    });
    printResult(options.json, { devices }, rows.join("\n"));
  });
}

export async function revokeDevice(device: string, options: GlobalOptions): Promise<void> {
  await withClient(options, async (client) => {
    if (device === client.account.device) {
      throw new CliError(exitCodes.refused, 'That is this device: use "chatmesh logout".');
    }
    await client.revoke(device);
    printResult(options.json, { revoked: device }, `Revoked ${device}; it is logged out now.`);
  });
}
