import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { systemClock } from "../lib/clock.js";
import { ConfigError } from "../lib/env.js";
import { RpcError } from "../lib/errors.js";
import { newId } from "../lib/ids.js";
import { silentLogger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { Definition, RpcClient } from "../lib/rpc/network.js";
import { readAppConfig } from "./config.js";
import type { ServiceName } from "./modules.js";
import { settingsOf } from "./plan.js";

export type Print = (line: string) => void;

export interface AdminOptions {
  readonly address?: string;
  readonly json: boolean;
}

/** Ends the program with a sentence; an empty one when commander has said it already. */
export class AdminError extends Error {
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

export interface AdminService<D extends Definition> {
  readonly service: ServiceName;
  readonly definition: D;
  /** Reads its address for operators out of the settings in force. */
  readonly addressIn: (settings: Readonly<Record<string, string | undefined>>) => string;
  readonly deadlineMs: number;
}

/** Calls a service on its address for operators, and says in a sentence why it cannot. */
export async function callAdmin<D extends Definition>(
  { address }: AdminOptions,
  { service, definition, addressIn, deadlineMs }: AdminService<D>,
  run: (client: RpcClient<D>) => Promise<void>,
): Promise<void> {
  const at = address ?? addressInForce(service, addressIn);
  const boot = newId("bt");
  const log = silentLogger;
  const network = createNetwork({ instance: "admin", boot, clock: systemClock, log });
  const client = network.client(at, definition, { deadlineMs });
  try {
    await run(client);
  } catch (error) {
    throw asAdminError(error, `The ${service} at ${at}`);
  } finally {
    client.close();
  }
}

function addressInForce(
  service: ServiceName,
  addressIn: (settings: Readonly<Record<string, string | undefined>>) => string,
): string {
  try {
    const what = { names: [service], all: false };
    return addressIn(settingsOf(readAppConfig(process.env), what, process.env));
  } catch (error) {
    if (error instanceof ConfigError) throw new AdminError(error.message, 2);
    throw error;
  }
}

function asAdminError(error: unknown, who: string): unknown {
  if (!(error instanceof RpcError)) return error;
  if (error.reason === ErrorReason.BUSY) {
    return new AdminError(`${who} does not answer: ${error.message}`, 4);
  }
  return new AdminError(error.message, 1);
}
