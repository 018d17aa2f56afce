import { ChatClient } from "../../client/client.js";
import type { Subprotocol } from "../../client/codec.js";
import type { ClientEvents } from "../../client/events.js";
import type { Groups } from "../../client/groups.js";
import type { Fetch } from "../../client/http.js";
import { conversationWith } from "../../client/ids.js";
import type { Privacy } from "../../client/privacy.js";
import { clientSockets } from "./client-socket.js";
import { DeviceMemory } from "./client-store.js";
import { type History, type Shown, shownChange, shownOf } from "./history.js";
import { simFetch } from "./http.js";
import type { NetworkModel } from "./network-model.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";
import { tokenOf } from "./sim-auth.js";
import { SimProcess } from "./sim-process.js";

const REFUSED = { ok: false, status: 401, json: async () => ({}) } as Response;
const QUESTIONS_MAX = 4;
const FOREVER_MS = 2_000_000_000_000;

export interface DeviceDeps {
  readonly index: number;
  readonly user: string;
  readonly subprotocol: Subprotocol;
  readonly scheduler: Scheduler;
  readonly model: NetworkModel;
  readonly random: Random;
  readonly history: History;
  readonly gateways: readonly string[];
  readonly isRevoked: (device: string) => boolean;
}

/** One device of one user: the SDK in a simulated process of its own, with a memory that outlives it. */
export class Device {
  readonly name: string;
  readonly id: string;
  readonly memory: DeviceMemory;
  process: SimProcess | undefined;
  client: ChatClient | undefined;
  /** Bytes per millisecond it reads. */
  rate = Number.POSITIVE_INFINITY;
  /** When its tokens became void: from then on it is none of the mesh's devices. */
  revokedMs: number | undefined;
  /** The app stopped for good: it was logged out. */
  loggedOut = false;
  #sends = 0;

  constructor(readonly deps: DeviceDeps) {
    this.name = `device-${deps.index}`;
    this.id = `dv_${deps.random.text(16)}`;
    this.memory = new DeviceMemory(deps.random);
  }

  get user(): string {
    return this.deps.user;
  }

  /** Gives it its account: before the run, at once. */
  async register(): Promise<void> {
    const account = { server: "http://sim", name: this.name, ...this.#tokens() };
    await this.memory.store.write([{ kind: "account", account }]);
  }

  /** Starts the app unless it runs. */
  start(): void {
    if (this.process?.alive) return;
    const { scheduler, random, history } = this.deps;
    const process = new SimProcess(this.name, scheduler, random.fork(`run ${scheduler.nowMs}`));
    this.process = process;
    this.client = undefined;
    process.start("app", () => {
      this.#run(process).catch((error) => scheduler.surprise(error));
    });
    history.note(`${this.name} starts`);
  }

  kill(silent: boolean): void {
    const { process } = this;
    if (!process?.alive) return;
    process.kill();
    this.deps.model.died(process, silent);
    this.client = undefined;
  }

  /** To another user or in a group. */
  send(to: string, size: number): void {
    const { client, process } = this;
    const { history, scheduler } = this.deps;
    if (!client || !process) return;
    process.start("user sends", () => {
      const text = `${this.name}#${++this.#sends} `.padEnd(size, "x");
      const conversation = conversationWith(this.user, to);
      const sending = history.sending(this, conversation, text);
      client.send(conversation, text).then(
        ({ clientMessageId }) => history.kept(sending, clientMessageId),
        (error) => this.revokedMs === undefined && scheduler.surprise(error),
      );
    });
  }

  /** The user does something with groups. */
  inGroups(act: (groups: Groups) => void): void {
    const { client, process } = this;
    if (client && process) process.start("user changes", () => act(client.groups));
  }

  /** The user says who may send him something. */
  inPrivacy(act: (privacy: Privacy) => void): void {
    const { client, process } = this;
    if (client && process) process.start("user blocks", () => act(client.privacy));
  }

  /** The whole conversation as the server has it, oldest first. */
  async fetchAll(conversation: string): Promise<Shown[]> {
    const { client } = this;
    if (!client) throw new Error(`${this.name} is not up`);
    const entries: Shown[] = [];
    let before = 0;
    do {
      const page = await this.#ask(() => client.history(conversation, before, 100));
      entries.unshift(...page.entries.map(shownOf));
      before = page.before;
    } while (before > 0);
    return entries;
  }

  /** How fast it reads from now on, in bytes per millisecond. */
  setRate(rate: number): void {
    this.rate = rate;
    for (const end of this.deps.model.of(this.name)) end.peer.rate = rate;
  }

  /** The user reads all this device shows. */
  read(): void {
    const { client, process } = this;
    if (!client || !process) return;
    process.start("user reads", () => {
      for (const conversation of this.deps.history.conversationsOf(this)) {
        const { last = 0 } = client.position(conversation) ?? {};
        if (last > 0) void client.markRead(conversation, last).catch(() => undefined);
      }
    });
  }

  /** The user looks around: older messages, who read them, the list of conversations. */
  ask(): void {
    const { client, process } = this;
    if (!client || !process) return;
    process.start("user asks", () => {
      const questions: (() => Promise<unknown>)[] = [() => client.conversations()];
      for (const conversation of this.deps.history.conversationsOf(this)) {
        const { newestOwn = 0 } = client.position(conversation) ?? {};
        questions.push(() => client.history(conversation, 0, 10));
        if (newestOwn > 0) questions.push(() => client.messageInfo(conversation, newestOwn));
      }
      for (const question of questions) this.#ask(question).catch(() => undefined);
    });
  }

  #tokens() {
    const { user, id: device } = this;
    const accessToken = tokenOf(user, device);
    const refresh = { refreshToken: "none", refreshExpiresUnixMs: FOREVER_MS };
    return { user, device, accessToken, accessExpiresUnixMs: FOREVER_MS, ...refresh };
  }

  #fetch(process: SimProcess): Fetch {
    const { model, gateways } = this.deps;
    const fetch = simFetch(model, process, () => process.random.pick(gateways));
    return (url, init) =>
      url.endsWith("/auth/refresh") ? this.#refresh(process) : fetch(url, init);
  }

  /** New tokens, when the network is there: the gateways pass on no calls to auth. */
  #refresh(process: SimProcess): Promise<Response> {
    const { model } = this.deps;
    return new Promise((resolve, reject) => {
      process.clock.after(2 * model.latencyMs(this.name, "auth"), () => {
        const offline = model.blockedUntil(this.name, "auth") > model.nowMs;
        const json = async () => ({ tokens: this.#tokens() });
        if (offline) reject(new Error("offline"));
        else if (this.deps.isRevoked(this.id)) resolve(REFUSED);
        else resolve({ ok: true, status: 200, json } as Response);
      });
    });
  }

  /** An answer may be dropped like any push that a client does not read in time; then the app asks again. */
  async #ask<T>(question: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await question();
      } catch (error) {
        if (attempt === QUESTIONS_MAX) throw error;
      }
    }
  }

  async #run(process: SimProcess): Promise<void> {
    const { random, history, subprotocol } = this.deps;
    const client = await ChatClient.fromStore({
      store: this.memory.openedBy(process),
      subprotocol,
      clock: process.clock,
      random: { uuid: () => random.uuid(), fraction: () => process.random.fraction() },
      fetch: this.#fetch(process),
      openSocket: this.#sockets(process),
    });
    if (!client) throw new Error(`${this.name} has no account`);
    await this.#showStored(client);
    const on = <K extends keyof ClientEvents>(name: K, tell: (value: ClientEvents[K]) => void) =>
      client.on(name, tell);
    on("message", (message) => history.shown(this, message));
    on("group", (event) => history.shown(this, shownChange(event)));
    on("sent", (sent) => history.sent(this, sent));
    on("rejected", (rejected) => history.rejected(this, rejected));
    on("tick", (tick) => history.tick(this, tick));
    on("caughtUp", () => history.caughtUp(this));
    on("connection", (event) => history.connection(this, event));
    this.client = client;
    client.connect().catch(() => undefined);
  }

  /** As an app does at its start: what was stored and not announced any more is shown now. */
  async #showStored(client: ChatClient): Promise<void> {
    for (const conversation of this.deps.history.conversationsOf(this)) {
      const stored = await client.stored(conversation, 0, 1_000_000);
      for (const message of stored) this.deps.history.stored(this, message);
    }
  }

  #sockets(process: SimProcess) {
    const { model, gateways } = this.deps;
    return clientSockets({
      model,
      process,
      gateway: () => process.random.pick(gateways),
      rate: () => this.rate,
    });
  }
}
