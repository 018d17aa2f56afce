import { readGatewayConfig } from "../../gateway/config.js";
import { startGateway } from "../../gateway/module.js";
import { readGroupConfig } from "../../group/config.js";
import { startGroup } from "../../group/module.js";
import { limits } from "../../lib/limits.js";
import { silentLogger } from "../../lib/log.js";
import type { Module } from "../../lib/module.js";
import { readParserConfig } from "../../parser/config.js";
import { startParser } from "../../parser/module.js";
import { readPresenceConfig } from "../../presence/config.js";
import { startPresence } from "../../presence/module.js";
import { readReceiptsConfig } from "../../receipts/config.js";
import { startReceipts } from "../../receipts/module.js";
import { readSessionConfig } from "../../session/config.js";
import { startSession } from "../../session/module.js";
import type { NetworkModel } from "./network-model.js";
import { modulesOf, type Plan } from "./plan.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";
import { type SimAccounts, startSimAuth } from "./sim-auth.js";
import { SimDisk } from "./sim-disk.js";
import { SimNetwork } from "./sim-network.js";
import { SimProcess } from "./sim-process.js";
import { simSockets, type Tap } from "./sim-sockets.js";

/** What a supervisor waits before it starts again what could not start. */
const RESTART_MS = 500;

interface MeshDeps {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly model: NetworkModel;
  readonly random: Random;
  readonly accounts: SimAccounts;
  readonly tap: Tap;
  readonly note: (text: string) => void;
}

/** Services that store something. */
type Stored = "auth" | "session" | "receipts" | "group" | "presence";

interface Running {
  readonly process: SimProcess;
  network: SimNetwork | undefined;
  module: Module | undefined;
}

/** All services, each a simulated process that can be killed and started again on what it stored. */
export class Mesh {
  readonly disks: Readonly<Record<Stored, SimDisk>>;
  readonly #deps: MeshDeps;
  readonly #running = new Map<string, Running>();
  readonly #starts: Readonly<Record<string, (process: SimProcess) => Promise<Module | undefined>>>;

  constructor(deps: MeshDeps) {
    const { plan, random } = deps;
    this.#deps = deps;
    this.disks = {
      auth: new SimDisk(random.fork("auth disk"), plan.disk),
      session: new SimDisk(random.fork("session disk"), plan.disk),
      receipts: new SimDisk(random.fork("receipts disk"), plan.disk),
      group: new SimDisk(random.fork("group disk"), plan.disk),
      presence: new SimDisk(random.fork("presence disk"), plan.disk),
    };
    this.#starts = {
      auth: (process) => this.#startAuth(process),
      group: (process) => this.#startGroup(process),
      presence: (process) => this.#startPresence(process),
      receipts: (process) => this.#startReceipts(process),
      session: (process) => this.#startSession(process),
      parser: (process) => this.#startParser(process),
      gateway: (process) => this.#startGateway(process),
    };
    const names = ["auth", ...modulesOf(plan.parsers, plan.gateways)];
    if (plan.groups > 0) names.push("group");
    if (plan.presence) names.push("presence");
    for (const name of names) this.start(name);
  }

  process(name: string): SimProcess | undefined {
    return this.#running.get(name)?.process;
  }

  /** Starts a service unless it runs. */
  start(name: string): void {
    if (this.#running.get(name)?.process.alive) return;
    const { scheduler, random } = this.#deps;
    const process = new SimProcess(name, scheduler, random.fork(`${name} ${scheduler.nowMs}`));
    const running: Running = { process, network: undefined, module: undefined };
    this.#running.set(name, running);
    const start = this.#starts[name.replace(/-\d+$/, "")];
    process.start("main", () => {
      start?.(process).then(
        (module) => Object.assign(running, { module }),
        (error: Error) => {
          this.#deps.note(`${name} did not start: ${error.message}`);
          this.kill(name, false);
          scheduler.after(RESTART_MS, undefined, "start", () => this.start(name));
        },
      );
    });
  }

  kill(name: string, silent: boolean): void {
    const process = this.process(name);
    if (!process?.alive) return;
    process.kill();
    this.#deps.model.died(process, silent);
  }

  /** Drains and stops a service as a deployment does, then starts it again. */
  restart(name: string, drainMs: number): void {
    const running = this.#running.get(name);
    const module = running?.module;
    if (!running?.process.alive || !module) return;
    running.module = undefined;
    const stop = async () => {
      await module.drain?.(drainMs);
      await module.stop();
    };
    running.process.start("stop", () => {
      stop().then(
        () => {
          this.#deps.note(`${name} stopped`);
          this.kill(name, false);
          this.#deps.scheduler.after(RESTART_MS, undefined, "start", () => this.start(name));
        },
        (error) => this.#deps.scheduler.surprise(error),
      );
    });
  }

  /** A service that was killed or hangs in its stop runs again, everything else goes on. */
  heal(): void {
    for (const [name, { process, module }] of this.#running) {
      if (process.alive && module === undefined) this.kill(name, false);
      this.start(name);
    }
  }

  /** I11: what waits on the links stays within its bound. */
  checkBounds(wrong: (invariant: string, text: string) => void): void {
    for (const { process, network } of this.#running.values()) {
      for (const { name, queuedBytes } of network?.meters.live ?? []) {
        if (queuedBytes <= limits.linkQueueBytesMax) continue;
        wrong("I11 bound", `${process.name}: ${queuedBytes} bytes wait on ${name}`);
      }
    }
  }

  #common(process: SimProcess) {
    const boot = `${process.name.startsWith("gateway") ? "gw" : "bt"}_${process.random.text(16)}`;
    const network = new SimNetwork(this.#deps.model, process, boot);
    Object.assign(this.#running.get(process.name) as Running, { network });
    return { network, clock: process.clock, log: silentLogger, boot };
  }

  #startAuth(process: SimProcess): Promise<Module> {
    const { network } = this.#common(process);
    const open = this.disks.auth.open(process);
    return startSimAuth({ process, network, accounts: this.#deps.accounts, open });
  }

  #startGroup(process: SimProcess): Promise<Module> {
    const config = readGroupConfig({
      CHAT_GROUP_LISTEN: "local:group",
      CHAT_GROUP_INSTANCES: "group-1=local:group",
      CHAT_GROUP_SESSIONS: "session-1=local:session",
      CHAT_GROUP_AUTH: "local:auth",
    });
    const open = this.disks.group.open(process);
    return startGroup({ config, open, ...this.#common(process) });
  }

  #startPresence(process: SimProcess): Promise<Module> {
    const config = readPresenceConfig({
      CHAT_PRESENCE_ADMIN: "local:presence-admin",
      CHAT_PRESENCE_AUTH: "local:auth",
      CHAT_PRESENCE_LISTEN: "local:presence",
      // The second one is refused.
      CHAT_PRESENCE_WATCHES_MAX_COUNT: "1",
    });
    const open = this.disks.presence.open(process);
    return startPresence({
      config,
      open,
      ...this.#common(process),
      random: () => process.random.fraction(),
    });
  }

  #startReceipts(process: SimProcess): Promise<Module> {
    const { plan } = this.#deps;
    const config = readReceiptsConfig({
      CHAT_RECEIPTS_LISTEN: "local:receipts",
      CHAT_RECEIPTS_FLUSH_MS: `${plan.receiptsFlushMs}`,
      CHAT_RECEIPTS_CONVERSATIONS_MAX: `${plan.conversationsMax}`,
    });
    const open = this.disks.receipts.open(process);
    return startReceipts({ config, open, ...this.#common(process) });
  }

  #startSession(process: SimProcess): Promise<Module> {
    const { plan } = this.#deps;
    const config = readSessionConfig({
      CHAT_SESSION_ADMIN: "local:admin",
      CHAT_SESSION_LISTEN: "local:session",
      CHAT_SESSION_RECEIPTS: "local:receipts",
      CHAT_SESSION_AUTH: "local:auth",
      CHAT_SESSION_ATTENTION_MS: `${plan.attentionMs}`,
      CHAT_SESSION_CURSOR_FLUSH_MS: `${plan.cursorFlushMs}`,
    });
    const open = this.disks.session.open(process);
    return startSession({ config, open, ...this.#common(process) });
  }

  #startParser(process: SimProcess): Promise<Module> {
    const config = readParserConfig({
      CHAT_PARSER_LISTEN: `local:${process.name}`,
      CHAT_PARSER_SESSIONS: "session-1=local:session",
      CHAT_PARSER_PRESENCES: this.#deps.plan.presence ? "presence-1=local:presence" : "none",
    });
    return startParser({ config, ...this.#common(process) });
  }

  #startGateway(process: SimProcess): Promise<Module> {
    const { plan, model, tap } = this.#deps;
    const parsers = Array.from({ length: plan.parsers }, (_, i) => `local:parser-${i + 1}`);
    const config = readGatewayConfig({
      CHAT_GATEWAY_LISTEN: `local:${process.name}`,
      CHAT_GATEWAY_PARSERS: parsers.join(","),
      CHAT_GATEWAY_AUTH: "local:auth",
      CHAT_GATEWAY_GROUPS: "group-1=local:group",
      CHAT_GATEWAY_BUFFER_BYTES: `${plan.bufferBytes}`,
    });
    return startGateway({
      config,
      ...this.#common(process),
      sockets: simSockets(model, process, tap),
      random: () => process.random.fraction(),
    });
  }
}
