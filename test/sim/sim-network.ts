import type { Dialer, LinkContract, LinkHandler } from "../../lib/link/link.js";
import { LinkMeters } from "../../lib/link/meter.js";
import { silentLogger } from "../../lib/log.js";
import { Acceptor, type AcceptorDeps } from "../../lib/rpc/acceptor.js";
import { Calls } from "../../lib/rpc/calls.js";
import { clientOf } from "../../lib/rpc/client.js";
import { RedialingDialer } from "../../lib/rpc/dialer.js";
import type {
  CallOptions,
  Definition,
  Handlers,
  Network,
  RpcClient,
  RpcServer,
} from "../../lib/rpc/network.js";
import type { ChannelEnd } from "./channel.js";
import { LinkStream } from "./link-stream.js";
import type { Listener, NetworkModel } from "./network-model.js";
import { SimCaller } from "./sim-calls.js";
import type { SimProcess } from "./sim-process.js";

/** How one simulated process reaches the others: the product's own links and calls on simulated connections. */
export class SimNetwork implements Network {
  readonly meters = new LinkMeters();
  readonly #model: NetworkModel;
  readonly #process: SimProcess;
  readonly #deps: AcceptorDeps;

  constructor(model: NetworkModel, process: SimProcess, boot: string) {
    this.#model = model;
    this.#process = process;
    const { clock, name } = process;
    const self = { instance: `${name}-1`, boot };
    this.#deps = { self, clock, log: silentLogger, meters: this.meters };
  }

  server(address: string): RpcServer {
    return new SimServer(address, this.#model, this.#process, this.#deps);
  }

  dial(address: string, contract: LinkContract, handler: LinkHandler): Dialer {
    const process = this.#process;
    return new RedialingDialer({
      ...this.#deps,
      address,
      contract,
      handler,
      connect: () => new LinkStream((sink) => this.#model.dial(process, address, contract, sink)),
      random: () => process.random.fraction(),
    });
  }

  client<D extends Definition>(
    address: string,
    definition: D,
    defaults: CallOptions,
  ): RpcClient<D> {
    return clientOf(definition, new SimCaller(this.#model, this.#process, address), defaults);
  }
}

/** One address of a simulated process. */
export class SimServer implements RpcServer, Listener {
  readonly calls: Calls;
  readonly #acceptor: Acceptor;
  readonly #links = new Map<string, { contract: LinkContract; accept: () => LinkHandler }>();

  constructor(
    readonly address: string,
    readonly model: NetworkModel,
    readonly process: SimProcess,
    deps: AcceptorDeps,
  ) {
    this.calls = new Calls(deps);
    this.#acceptor = new Acceptor(deps);
    model.owners.set(address, process.name);
  }

  link(contract: LinkContract, accept: () => LinkHandler): void {
    this.#links.set(contract.path, { contract, accept });
  }

  service<D extends Definition>(definition: D, handlers: Handlers<D>): void {
    this.calls.add(definition, handlers);
  }

  async start(): Promise<void> {
    this.model.listeners.set(this.address, this);
  }

  drain(delayMs: number): void {
    this.#acceptor.drain(delayMs);
  }

  async stop(): Promise<void> {
    this.model.listeners.delete(this.address);
    await Promise.all([this.#acceptor.stop(), this.calls.stop()]);
  }

  accept(end: ChannelEnd, greeting: unknown): void {
    const link = this.#links.get((greeting as LinkContract).path);
    if (!link) throw new Error(`${this.address} serves no such link`);
    const stream = new LinkStream((sink) => Object.assign(end, { sink }));
    this.#acceptor.accept(link.contract, stream, link.accept());
  }
}
