import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  ChatClient,
  ChatError,
  type ClientStore,
  openLevelStore,
  wsSocketFactory,
} from "../client/node.js";
import { CliError, exitCodes } from "./exit.js";

/** The options every command has. */
export interface GlobalOptions {
  server: string;
  profile: string;
  json: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** One directory per profile in the XDG data home. */
export function profileDirectory(env: Env, profile: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(profile)) {
    const rule = "letters, digits, '_', '.' and '-', starting with a letter or digit";
    throw new CliError(exitCodes.usage, `"${profile}" is no profile name: use ${rule}.`);
  }
  const home = env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  return join(home, "chatmesh", "profiles", profile);
}

export function openStore(options: GlobalOptions): Promise<ClientStore> {
  return openLevelStore(profileDirectory(process.env, options.profile));
}

/** The client of a profile that is logged in. It stays with the server it was registered at. */
export async function openClient(options: GlobalOptions): Promise<ChatClient> {
  const directory = profileDirectory(process.env, options.profile);
  const exists = await access(directory).then(
    () => true,
    () => false,
  );
  if (exists) {
    const store = await openStore(options);
    const client = await ChatClient.fromStore({ store, openSocket: wsSocketFactory });
    if (client !== undefined) return client;
    await store.close();
  }
  const flag = profileFlag(options);
  const how = `run "chatmesh${flag} register <name>" or "chatmesh${flag} login <name>" first`;
  throw new CliError(
    exitCodes.credentials,
    `Profile "${options.profile}" is not logged in: ${how}.`,
  );
}

/** Opens the client, runs the command, and closes the client whatever happened. */
export async function withClient(
  options: GlobalOptions,
  run: (client: ChatClient) => Promise<void>,
): Promise<void> {
  const client = await openClient(options);
  try {
    await run(client);
  } catch (error) {
    if (!(error instanceof ChatError) || error.reason !== "UNAUTHENTICATED") throw error;
    const command = `chatmesh${profileFlag(options)}`;
    const how = `run "${command} logout", then "${command} login ${client.account.name}"`;
    throw new CliError(exitCodes.credentials, `This device was logged out: ${how}.`);
  } finally {
    await client.close();
  }
}

function profileFlag({ profile }: GlobalOptions): string {
  return profile === "default" ? "" : ` --profile ${profile}`;
}
