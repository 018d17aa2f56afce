import type { LocalServer } from "./local-server.js";

/** What is served on the `local:` addresses of one process. */
export class LocalServers {
  readonly #servers = new Map<string, LocalServer>();
  readonly #waiting = new Set<() => void>();

  get(address: string): LocalServer | undefined {
    return this.#servers.get(address);
  }

  add(server: LocalServer): void {
    if (this.#servers.has(server.address)) {
      throw new Error(`cannot serve ${server.address}: it is served already in this process`);
    }
    this.#servers.set(server.address, server);
    for (const look of [...this.#waiting]) look();
  }

  remove(server: LocalServer): void {
    if (this.#servers.get(server.address) === server) this.#servers.delete(server.address);
  }

  /** Waits until the address is served; rejects with the reason of `signal` when it fires before. */
  find(address: string, signal: AbortSignal): Promise<LocalServer> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(look);
        signal.removeEventListener("abort", giveUp);
      };
      const giveUp = () => {
        settle();
        reject(signal.reason);
      };
      const look = () => {
        const server = this.#servers.get(address);
        if (!server) return;
        settle();
        resolve(server);
      };
      this.#waiting.add(look);
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      else look();
    });
  }
}
