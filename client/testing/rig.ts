import type { ClientEvents, ClientOptions, Clock, Timer } from "../node.js";
import { ChatClient, type ChatClient as Client, defaultClock, MemoryStore } from "../node.js";
import { wsSocketFactory } from "../ws-socket.js";
import { FakeServer } from "./fake-server.js";

/** Real time, with waits of the SDK shortened where a test asks for it; counts open timers. */
export class CountingClock implements Clock {
  readonly open = new Set<Timer>();
  /** Divides every wait. */
  speed = 1;

  wallMs = () => defaultClock.wallMs();
  nowMs = () => defaultClock.nowMs() * this.speed;

  after(ms: number, run: () => void): Timer {
    const timer = defaultClock.after(ms / this.speed, () => {
      this.open.delete(handle);
      run();
    });
    const handle = this.handle(timer);
    return handle;
  }

  every(ms: number, run: () => void): Timer {
    return this.handle(defaultClock.every(ms / this.speed, run));
  }

  private handle(timer: Timer): Timer {
    const handle = {
      cancel: () => {
        this.open.delete(handle);
        timer.cancel();
      },
    };
    this.open.add(handle);
    return handle;
  }
}

/** A fake server and clients on it, all ended by `stop`. */
export class Rig {
  private readonly clients: Client[] = [];
  private users = 0;

  private constructor(readonly server: FakeServer) {}

  static async start(): Promise<Rig> {
    return new Rig(await FakeServer.start());
  }

  async register(name: string, options: Partial<ClientOptions> = {}): Promise<Client> {
    const full = { store: new MemoryStore(), openSocket: wsSocketFactory, ...options };
    const credentials = { name, password: "a-long-password", deviceName: `d${++this.users}` };
    return this.keep(await ChatClient.register(this.server.url, credentials, full));
  }

  async login(name: string, options: Partial<ClientOptions> = {}): Promise<Client> {
    const full = { store: new MemoryStore(), openSocket: wsSocketFactory, ...options };
    const credentials = { name, password: "a-long-password", deviceName: `d${++this.users}` };
    return this.keep(await ChatClient.login(this.server.url, credentials, full));
  }

  keep(client: Client): Client {
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) await client.close();
    await this.server.stop();
  }
}

/** The next event of that name that fits. */
export function next<K extends keyof ClientEvents>(
  client: Client,
  name: K,
  fits: (value: ClientEvents[K]) => boolean = () => true,
): Promise<ClientEvents[K]> {
  return new Promise((resolve) => {
    const off = client.on(name, (value) => {
      if (!fits(value)) return;
      off();
      resolve(value);
    });
  });
}
