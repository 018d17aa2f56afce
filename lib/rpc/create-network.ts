import { randomInt } from "node:crypto";
import type { Clock } from "../clock.js";
import type { BatchStream } from "../link/batch-stream.js";
import type { Dialer, LinkContract, LinkHandler } from "../link/link.js";
import { LinkMeters } from "../link/meter.js";
import type { Logger } from "../log.js";
import type { AcceptorDeps } from "./acceptor.js";
import { parseAddress } from "./address.js";
import { clientOf } from "./client.js";
import { DialedStream } from "./dialed-stream.js";
import { RedialingDialer } from "./dialer.js";
import { GrpcCaller } from "./grpc-client.js";
import { GrpcServer } from "./grpc-server.js";
import { LinkChannel } from "./link-channel.js";
import { dialLocal, LocalCaller } from "./local-client.js";
import { LocalServer } from "./local-server.js";
import { LocalServers } from "./local-servers.js";
import type { CallOptions, Definition, Network, RpcClient, RpcServer } from "./network.js";

export interface NetworkDeps {
  /** Name of this instance, e.g. `gateway-1`: stable over restarts. */
  readonly instance: string;
  /** Id of this boot. */
  readonly boot: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to below 1, for jitter. */
  readonly random?: () => number;
}

/** The network of one process. `local:` addresses reach only what is served on the same object. */
export function createNetwork(deps: NetworkDeps): Network {
  return new ProcessNetwork(deps);
}

class ProcessNetwork implements Network {
  readonly meters = new LinkMeters();
  readonly #deps: NetworkDeps;
  readonly #acceptorDeps: AcceptorDeps;
  readonly #locals = new LocalServers();

  constructor(deps: NetworkDeps) {
    const { instance, boot, clock, log } = deps;
    this.#deps = deps;
    this.#acceptorDeps = { self: { instance, boot }, clock, log, meters: this.meters };
  }

  server(address: string): RpcServer {
    const parsed = parseAddress(address);
    if (parsed.kind === "local") {
      return new LocalServer({ ...this.#acceptorDeps, address, servers: this.#locals });
    }
    return new GrpcServer({ ...this.#acceptorDeps, address });
  }

  dial(address: string, contract: LinkContract, handler: LinkHandler): Dialer {
    return new RedialingDialer({
      ...this.#acceptorDeps,
      address,
      contract,
      handler,
      connect: this.#connector(address, contract.path),
      random: this.#deps.random ?? randomUnit,
    });
  }

  client<D extends Definition>(
    address: string,
    definition: D,
    defaults: CallOptions,
  ): RpcClient<D> {
    const parsed = parseAddress(address);
    if (parsed.kind === "local") {
      const { clock } = this.#deps;
      const caller = new LocalCaller({ address, servers: this.#locals, clock });
      return clientOf(definition, caller, defaults);
    }
    return clientOf(definition, new GrpcCaller(address), defaults);
  }

  #connector(address: string, path: string): () => BatchStream {
    if (parseAddress(address).kind === "local") return () => dialLocal(this.#locals, address, path);
    const channel = new LinkChannel(address);
    return () => new DialedStream({ channel, path, clock: this.#deps.clock });
  }
}

function randomUnit(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}
