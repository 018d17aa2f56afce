import { type ClientOptions, WebSocket } from "ws";

/** A WebSocket client of a test that keeps what arrives and lets a test wait for it. */
export class WsClient {
  readonly received: { data: Buffer; isBinary: boolean }[] = [];
  readonly socket: WebSocket;
  readonly ended: Promise<{ code: number; reason: string }>;
  readonly opened: Promise<void>;
  #waiters: { ready: () => boolean; go: () => void }[] = [];

  constructor(url: string, protocols: string[], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.received.push({ data, isBinary });
      this.#waiters = this.#waiters.filter(({ ready, go }) => {
        if (!ready()) return true;
        go();
        return false;
      });
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once("open", () => resolve());
      this.socket.once("error", reject);
    });
    this.opened.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.socket.on("error", () => undefined);
  }

  /** Resolves with the bytes of the n-th message. */
  async message(n: number): Promise<Buffer> {
    const ready = () => this.received.length >= n;
    if (!ready()) await new Promise<void>((go) => this.#waiters.push({ ready, go }));
    return this.received[n - 1]?.data ?? Buffer.alloc(0);
  }
}

/** Tries to upgrade and gives the HTTP status: 101 when it was accepted. */
export function upgradeStatus(
  url: string,
  protocols: string[],
  options: ClientOptions = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    socket.once("upgrade", () => resolve(101));
    socket.once("open", () => socket.terminate());
    socket.once("unexpected-response", (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on("error", reject);
  });
}
