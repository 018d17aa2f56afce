import {
  defaultRandom,
  MemoryStore,
  type Subprotocol,
  wsSocketFactory,
} from "../../client/node.js";
import { RecordedClient } from "../history/recorded-client.js";
import type { Recorder } from "../history/recorder.js";
import { PASSWORD } from "../people.js";
import type { Patience } from "./patience.js";
import { WireFaults } from "./wire-faults.js";

export interface Entrance {
  readonly server: string;
  readonly account: string;
  readonly path: "register" | "login";
  readonly subprotocol?: Subprotocol;
}

/** In every text: it must be in no log. */
export const CANARY = "canary";

/** Back soon after a broken connection: a scene is short. */
const HASTY = {
  uuid: () => defaultRandom.uuid(),
  fraction: () => defaultRandom.fraction() / 8,
};

/** One device of a scene, with its faults; its app can end and start again. */
export class Player {
  readonly faults = new WireFaults();
  readonly store = new MemoryStore();
  #recorded: RecordedClient | undefined;
  /** It is neither connected nor stopped: it will be back. */
  isOnItsWay = false;
  /** Its app cannot take every fourth message in. */
  broken = false;
  /** With so many refusals nothing from the server arrives any more; 0: never. */
  deafAtRefusal = 0;
  #caughtUp = 0;

  constructor(
    readonly name: string,
    readonly deps: { readonly recorder: Recorder; readonly patience: Patience },
    readonly entrance: Entrance,
  ) {}

  get client() {
    return this.recorded.client;
  }

  get user(): string {
    return this.recorded.user;
  }

  get recorded(): RecordedClient {
    if (this.#recorded === undefined) throw new Error(`${this.name} is not there.`);
    return this.#recorded;
  }

  /** It has signed in. */
  get isThere(): boolean {
    return this.#recorded !== undefined;
  }

  /** The seq up to which it shows the conversation. */
  last(conversation: string): number {
    return this.client.position(conversation)?.last ?? 0;
  }

  /** Starts the app, for the first time or again, and waits until it has caught up. */
  async come(): Promise<void> {
    const { server, account, path, subprotocol } = this.entrance;
    const { recorder } = this.deps;
    const openSocket = this.faults.around(wsSocketFactory);
    const apply = ({ seq }: { seq: number }) => {
      if (!this.broken || seq % 4 > 0) return;
      if (--this.deafAtRefusal === 0) this.faults.deaf = true;
      throw new Error("broken");
    };
    const given = { store: this.store, openSocket, random: HASTY, apply };
    const options = subprotocol === undefined ? given : { ...given, subprotocol };
    if (this.#recorded === undefined) {
      const credentials = { name: account, password: PASSWORD, deviceName: this.name };
      const signIn = { server, path, credentials };
      this.#recorded = await RecordedClient.signIn(recorder, this.name, signIn, options);
    } else {
      this.#recorded = await RecordedClient.again(recorder, this.name, options);
    }
    const { client } = this.#recorded;
    client.on("connection", ({ state }) => {
      this.isOnItsWay = state === "connecting" || state === "waiting";
    });
    client.on("caughtUp", () => this.#caughtUp++);
    await this.caughtUpAfter(() => client.connect());
  }

  /** Its connection breaks; waits until it is back and has caught up. */
  reconnect(): Promise<void> {
    return this.caughtUpAfter(() => this.faults.cut());
  }

  /** Waits until it has caught up after `cause`, which makes it connect. */
  async caughtUpAfter(cause: () => void | Promise<void>): Promise<void> {
    const before = this.#caughtUp;
    await cause();
    await this.deps.patience.until(() => this.#caughtUp > before);
  }

  /** What `cause` makes the server send does not arrive: so many messages at least. */
  async misses(count: number, cause: () => Promise<void>): Promise<void> {
    const { faults } = this;
    const before = faults.unheard;
    faults.deaf = true;
    await cause();
    await this.deps.patience.until(() => faults.unheard >= before + count);
    faults.deaf = false;
  }

  /** The app ends, and whatever it had to say last is lost. */
  async leave(): Promise<void> {
    this.faults.cut();
    await this.client.close();
  }

  /** Sends so many messages and waits until they have their outcomes. */
  async talk(to: string, count: number): Promise<void> {
    let open = count;
    for (let n = 1; n <= count; n++) {
      const { sent } = await this.recorded.send(to, `${CANARY} ${this.name} ${n}/${count}`);
      void sent.then(() => open--);
    }
    await this.deps.patience.until(() => open === 0);
  }
}
