import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import type { Recorder } from "../history/recorder.js";
import { MeshProcess } from "../process.js";
import { isReady } from "../ready.js";
import { until } from "../until.js";
import type { Ordeal } from "./preload.js";
import { FaultProxy, type Place } from "./proxy.js";

const PRELOAD = new URL("./preload.js", import.meta.url).href;

export const SERVICES = ["auth", "receipts", "session", "group", "parser", "gateway"] as const;
export type Service = (typeof SERVICES)[number];

export interface Shape {
  readonly gateways?: number;
  readonly parsers?: number;
  /** Where the data and the sockets are. */
  readonly directory: string;
  /** Further settings for every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node for the processes of a service. */
  readonly node?: Partial<Record<Service, readonly string[]>>;
  readonly random: () => number;
}

/** One process of the mesh. It is started again whenever it ends, as the supervisor does it. */
export interface Member {
  readonly name: string;
  readonly service: Service;
  readonly process: MeshProcess;
}

/** How long the supervisor waits before it starts a process that has crashed for the first time. */
const RESTART_MS = [100, 200] as const;
const START_ATTEMPTS = 20;
const PAGE_BYTES = 4096;
/** No process of these meshes has a reason to take more. */
const MEMORY_MAX = 512 * 1024 * 1024;

/**
 * A mesh of separate processes, several gateways and parsers among them, in which every connection leads through a fault
 * proxy: those of clients (`client.gateway-1`), and those between services (`parser-2.session-1`).
 */
export class ChaosMesh {
  readonly members = new Map<string, Member>();
  readonly proxies = new Map<string, FaultProxy>();
  readonly #clientUrls = new Map<string, string>();
  readonly #gatewayUrls = new Map<string, string>();
  readonly #expected = new Set<string>();
  readonly #listening = new Set<string>();
  /** Processes that ended although nothing was done to them. */
  readonly surprises: string[] = [];
  #stopping = false;
  #stopped: Promise<void> | undefined;

  private constructor(readonly shape: Shape) {}

  get directory(): string {
    return this.shape.directory;
  }

  static async start(shape: Shape): Promise<ChaosMesh> {
    const mesh = new ChaosMesh(shape);
    try {
      await mesh.#build();
      await Promise.all([...mesh.members.values()].map((member) => mesh.#run(member)));
      await mesh.whole();
    } catch (cause) {
      const output = mesh.output();
      await mesh.stop().catch(() => {});
      throw new Error(`the mesh did not start: ${(cause as Error).message}\n${output}`, { cause });
    }
    return mesh;
  }

  /** Base addresses at which a client may try: as behind a load balancer, which gives a connection that one gateway refuses to another one. */
  get urls(): string[] {
    const all = [...this.#clientUrls];
    const listening = all.filter(([name]) => this.#listening.has(name));
    return (listening.length > 0 ? listening : all).map(([, url]) => url);
  }

  /** The processes of a service. */
  of(service: Service): Member[] {
    return [...this.members.values()].filter((member) => member.service === service);
  }

  /** The proxies between clients and gateways, or all others. */
  links(of: "clients" | "services"): FaultProxy[] {
    const all = [...this.proxies.values()];
    return all.filter(({ name }) => name.startsWith("client.") === (of === "clients"));
  }

  /** Waits until every gateway says that it is ready. */
  async whole(): Promise<void> {
    for (const [name, url] of this.#gatewayUrls) {
      await until(`${name} to be ready`, () => isReady(url), 60_000);
    }
  }

  /** Kills the process, waits until it is gone, and has it started again; resolves when it serves. */
  async crash(name: string): Promise<void> {
    await this.ends(name, () => this.signal(name, "SIGKILL"));
  }

  /** Does what will make the process end; resolves when it has ended and serves again, with how it ended. */
  async ends(name: string, act: () => void): Promise<string> {
    const member = this.#member(name);
    this.#expected.add(name);
    const gone = member.process.gone();
    act();
    const how = await gone;
    await new Promise((resolve) => setTimeout(resolve, this.#restartMs()));
    await this.#run(member);
    return how;
  }

  /** Takes the process away until the function returned is called. */
  async remove(name: string, signal: NodeJS.Signals): Promise<() => Promise<void>> {
    const member = this.#member(name);
    this.#expected.add(name);
    await member.process.kill(signal);
    return () => this.#run(member);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#member(name).process.signal(signal);
  }

  /** Notes the memory of every process, to be judged against its bound. */
  measure(recorder: Recorder): void {
    for (const { name, process } of this.members.values()) {
      const value = residentBytes(process.pid);
      recorder.note({ type: "gauge", name: `memory of ${name}`, value, bound: MEMORY_MAX });
    }
  }

  order(name: string, ordeal: Ordeal): void {
    this.#member(name).process.tell(ordeal);
  }

  calm(): void {
    for (const proxy of this.proxies.values()) proxy.calm();
  }

  /** Stops every process; throws when one does not stop well. Asked for again, it says the same. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    this.calm();
    try {
      for (const { process } of [...this.members.values()].reverse()) await process.stop();
    } finally {
      for (const { process } of this.members.values()) await process.kill("SIGKILL");
      for (const proxy of this.proxies.values()) await proxy.close();
    }
  }

  output(): string {
    return [...this.members.values()].map(({ process }) => process.output()).join("\n");
  }

  #member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw new Error(`there is no process ${name}`);
    return member;
  }

  #restartMs(): number {
    const [least, most] = RESTART_MS;
    return least + (most - least) * this.shape.random();
  }

  /** Starts it, again and again if need be: what made it fail may be a fault that ends soon. */
  async #run(member: Member): Promise<void> {
    for (let left = START_ATTEMPTS; ; left--) {
      try {
        await member.process.start();
        break;
      } catch (error) {
        if (left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.#restartMs()));
      }
    }
    this.#expected.delete(member.name);
    this.#listening.add(member.name);
    void member.process.gone().then((how) => this.#ended(member, how));
  }

  /** If nobody wanted it to end, it is told at the end of the run, and started again. */
  async #ended(member: Member, how: string): Promise<void> {
    this.#listening.delete(member.name);
    if (this.#stopping || this.#expected.has(member.name)) return;
    this.surprises.push(`${member.name} ended with ${how}`);
    await new Promise((resolve) => setTimeout(resolve, this.#restartMs()));
    if (!this.#stopping) await this.#run(member).catch((error) => this.surprises.push(`${error}`));
  }

  async #build(): Promise<void> {
    for (const directory of ["run", "via"]) {
      await mkdir(join(this.directory, directory), { recursive: true });
    }
    const { gateways = 2, parsers = 2 } = this.shape;
    const names = (service: Service, count: number) =>
      Array.from({ length: count }, (_, i) => `${service}-${i + 1}`);
    const receipts = "receipts-1";
    const auth = "auth-1";
    this.#add("auth", auth, {});
    this.#add("receipts", receipts, {});
    this.#add("session", "session-1", {
      CHAT_SESSION_AUTH: await this.#via("session-1", auth),
      CHAT_SESSION_RECEIPTS: await this.#via("session-1", receipts),
    });
    this.#add("group", "group-1", {
      CHAT_GROUP_AUTH: await this.#via("group-1", auth),
      CHAT_GROUP_SESSIONS: `session-1=${await this.#via("group-1", "session-1")}`,
    });
    for (const parser of names("parser", parsers)) {
      const session = await this.#via(parser, "session-1");
      this.#add("parser", parser, { CHAT_PARSER_SESSIONS: `session-1=${session}` });
    }
    for (const gateway of names("gateway", gateways)) {
      const links = names("parser", parsers).map((parser) => this.#via(gateway, parser));
      const port = await freePort();
      this.#add("gateway", gateway, {
        CHAT_GATEWAY_HTTP_PORT: String(port),
        CHAT_GATEWAY_PARSERS: (await Promise.all(links)).join(","),
        CHAT_GATEWAY_AUTH: await this.#via(gateway, auth),
        CHAT_GATEWAY_GROUPS: `group-1=${await this.#via(gateway, "group-1")}`,
      });
      this.#gatewayUrls.set(gateway, `http://127.0.0.1:${port}`);
      const listen = { host: "127.0.0.1", port: await freePort() };
      await this.#proxy(`client.${gateway}`, listen, { host: "127.0.0.1", port });
      this.#clientUrls.set(gateway, `http://127.0.0.1:${listen.port}`);
    }
  }

  #add(service: Service, name: string, settings: Readonly<Record<string, string>>): void {
    const env = {
      ...this.shape.env,
      ...settings,
      CHAT_APP_DATA_DIRECTORY: this.directory,
      CHAT_APP_INSTANCE: name,
      [`CHAT_${service.toUpperCase()}_LISTEN`]: `unix:${this.#socket("run", name)}`,
    };
    const node = ["--import", PRELOAD, ...(this.shape.node?.[service] ?? [])];
    this.members.set(name, {
      name,
      service,
      process: new MeshProcess(service, env, { name, node }),
    });
  }

  /** The address under which the one reaches the other: that of a new proxy. */
  async #via(from: string, to: string): Promise<string> {
    const name = `${from}.${to}`;
    const path = this.#socket("via", name);
    await this.#proxy(name, { path }, { path: this.#socket("run", to) });
    return `unix:${path}`;
  }

  async #proxy(name: string, listen: Place, target: Place): Promise<void> {
    const { random } = this.shape;
    this.proxies.set(name, await FaultProxy.start({ name, listen, target, random }));
  }

  #socket(directory: string, name: string): string {
    return join(this.directory, directory, `${name}.sock`);
  }
}

/** 0 when it has just ended. */
function residentBytes(pid = 0): number {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1];
    return Number(pages) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
