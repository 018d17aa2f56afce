import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Flow } from "./flow.js";
import { CALM, type Way, type Weather } from "./weather.js";

/** A unix socket, or a port on this machine. */
export type Place = { readonly path: string } | { readonly port: number; readonly host: string };

/** What becomes of a new connection: taken and passed on, refused at once, or taken and left without a word. */
export type Door = "open" | "refusing" | "silent";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Flow;
  readonly down: Flow;
}

export interface ProxyOptions {
  readonly name: string;
  readonly listen: Place;
  readonly target: Place;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Stands between who dials and who listens, and does to their bytes what networks do. It may be told otherwise at any time. */
export class FaultProxy {
  readonly name: string;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Sockets whose other end is gone without their being told, or never was. */
  readonly #orphans = new Set<Socket>();
  readonly #weather: Record<Way, Weather> = { up: { ...CALM }, down: { ...CALM } };
  #door: Door = "open";

  private constructor(options: ProxyOptions) {
    this.name = options.name;
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#take(socket),
    );
  }

  static async start(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(options.listen, resolve);
    });
    return proxy;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Connections of which one end is still there and does not know that it is alone. */
  get orphans(): number {
    return this.#orphans.size;
  }

  /** Changes one way, or both. */
  set(change: Partial<Weather>, ways: readonly Way[] = ["up", "down"]): void {
    for (const way of ways) Object.assign(this.#weather[way], change);
    for (const pair of this.#pairs) for (const way of ways) pair[way].move();
  }

  /** Whatever was set is over; connections that lost something are cut off, as they would be. */
  calm(): void {
    const { up, down } = this.#weather;
    const lossy = up.lost || down.lost;
    this.#door = "open";
    this.set(CALM);
    if (lossy) this.cut();
  }

  door(door: Door): void {
    this.#door = door;
  }

  /** Resets every connection. */
  cut(): void {
    for (const pair of [...this.#pairs]) this.#end(pair);
    for (const orphan of [...this.#orphans]) reset(orphan);
  }

  /** Takes one end of every connection away; the other one is not told, and whatever it says vanishes. */
  halfOpen(left: "client" | "server"): void {
    for (const pair of [...this.#pairs]) {
      this.#drop(pair);
      const gone = left === "client" ? pair.server : pair.client;
      this.#orphan(pair[left]);
      reset(gone);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
    const { listen } = this.#options;
    if ("path" in listen) await rm(listen.path, { force: true });
  }

  #take(client: Socket): void {
    client.on("error", () => {});
    if (this.#door === "refusing") return reset(client);
    if (this.#door === "silent") return this.#orphan(client);
    const server = connect({ ...this.#options.target, allowHalfOpen: true, noDelay: true });
    const { random } = this.#options;
    const end = () => this.#end(pair);
    const flow = (from: Socket, to: Socket, way: Way) =>
      new Flow({ from, to, weather: this.#weather[way], random, reset: end });
    const pair: Pair = {
      client,
      server,
      up: flow(client, server, "up"),
      down: flow(server, client, "down"),
    };
    this.#pairs.add(pair);
    for (const socket of [client, server])
      socket.on("close", (failed) => this.#closed(pair, failed));
    server.on("error", () => {});
    pair.up.move();
    pair.down.move();
  }

  #closed(pair: Pair, failed: boolean): void {
    if (!this.#pairs.has(pair)) return;
    // After a polite end the other end may still have something to say, and something to get.
    if (failed || (pair.client.closed && pair.server.closed)) this.#end(pair);
  }

  #end(pair: Pair): void {
    if (!this.#drop(pair)) return;
    reset(pair.client);
    reset(pair.server);
  }

  #drop(pair: Pair): boolean {
    pair.up.stop();
    pair.down.stop();
    return this.#pairs.delete(pair);
  }

  #orphan(socket: Socket): void {
    this.#orphans.add(socket);
    socket.on("close", () => this.#orphans.delete(socket));
    socket.on("end", () => socket.end());
    socket.resume();
  }
}

/** A connection over TCP ends with a reset, one over a unix socket has nothing like it. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
