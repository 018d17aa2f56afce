import type { LinkContract, LinkHandler } from "../link/link.js";
import { Acceptor, type AcceptorDeps } from "./acceptor.js";
import { Calls } from "./calls.js";
import type { LocalServers } from "./local-servers.js";
import { LocalStream } from "./local-stream.js";
import type { Definition, Handlers, RpcServer } from "./network.js";

export interface LocalServerDeps extends AcceptorDeps {
  readonly address: string;
  readonly servers: LocalServers;
}

/** A server inside this process: links are joined and calls are made directly. */
export class LocalServer implements RpcServer {
  readonly address: string;
  readonly calls: Calls;
  readonly #servers: LocalServers;
  readonly #acceptor: Acceptor;
  readonly #links = new Map<string, { contract: LinkContract; accept: () => LinkHandler }>();

  constructor(deps: LocalServerDeps) {
    this.address = deps.address;
    this.calls = new Calls(deps);
    this.#servers = deps.servers;
    this.#acceptor = new Acceptor(deps);
  }

  link(contract: LinkContract, accept: () => LinkHandler): void {
    this.#links.set(contract.path, { contract, accept });
  }

  service<D extends Definition>(definition: D, handlers: Handlers<D>): void {
    this.calls.add(definition, handlers);
  }

  async start(): Promise<void> {
    this.#servers.add(this);
  }

  drain(delayMs: number): void {
    this.#acceptor.drain(delayMs);
  }

  async stop(): Promise<void> {
    this.#servers.remove(this);
    await Promise.all([this.#acceptor.stop(), this.calls.stop()]);
  }

  /** Takes the other end of a stream, or loses it when nothing is served on that path. */
  join(path: string, dialed: LocalStream): void {
    const link = this.#links.get(path);
    if (!link) {
      dialed.lose(`${this.address} does not serve ${path}`);
      return;
    }
    const accepted = new LocalStream();
    LocalStream.join(dialed, accepted);
    this.#acceptor.accept(link.contract, accepted, link.accept());
  }
}
