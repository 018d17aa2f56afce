import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { MeshProcess } from "./process.js";
import { isReady } from "./ready.js";
import { until } from "./until.js";

/** `all`: one process runs every service. `processes`: each service is a process of its own. */
export type Topology = "all" | "processes";
export const topologies: readonly Topology[] = ["all", "processes"];

const SERVICES = ["auth", "receipts", "session", "group", "presence", "parser", "gateway"] as const;
export type Service = (typeof SERVICES)[number];

export interface MeshOptions {
  readonly topology: Topology;
  /** Further settings for every process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running installation with its own directory and ports, in the hands of a test. */
export interface Mesh {
  readonly topology: Topology;
  /** Base of the public HTTP interface, e.g. `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly webSocketUrl: string;
  /** Where everything is kept; sockets are in run/. */
  readonly directory: string;
  /** Where operators' tools reach the session, and presence. */
  readonly admin: string;
  readonly presenceAdmin: string;
  /** Where a service of a mesh of processes is dialled. */
  address(service: Service): string;
  /** One service of each process. */
  readonly services: readonly Service[];
  /** Further settings for the process that runs the service, from its next start on. */
  configure(service: Service, env: Readonly<Record<string, string>>): void;
  /** Ends the process that runs the service, and waits until it is gone. */
  kill(service: Service, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a killed process again, on the same addresses and data, and waits until the mesh is whole. */
  start(service: Service): Promise<void>;
  /** Kills and starts. */
  restart(service: Service, signal?: NodeJS.Signals): Promise<void>;
  /** The process that runs the service. */
  pid(service: Service): number | undefined;
  /** Freezes the process: it neither works nor closes anything. */
  pause(service: Service): void;
  resume(service: Service): void;
  /** Stops everything as an operator would and removes its files; throws when a process did not end well. */
  stop(): Promise<void>;
  /** What the processes printed, for a failed test. */
  output(): string;
}

export async function startMesh({ topology, env = {} }: MeshOptions): Promise<Mesh> {
  const directory = await mkdtemp(join(tmpdir(), "chatmesh-"));
  const port = await freePort();
  const settings = {
    ...env,
    CHAT_APP_DATA_DIRECTORY: directory,
    CHAT_GATEWAY_HTTP_PORT: String(port),
  };
  const targets = topology === "all" ? ["all"] : SERVICES;
  const processes = new Map(targets.map((target) => [target, new MeshProcess(target, settings)]));
  const url = `http://127.0.0.1:${port}`;
  const of = (service: Service) =>
    processes.get(topology === "all" ? "all" : service) as MeshProcess;
  const whole = () => until("the gateway to be ready", () => isReady(url));

  const mesh: Mesh = {
    topology,
    url,
    webSocketUrl: `ws://127.0.0.1:${port}/v1/ws`,
    directory,
    admin: `unix:${join(directory, "run", "admin.sock")}`,
    presenceAdmin: `unix:${join(directory, "run", "presence-admin.sock")}`,
    address: (service) => `unix:${join(directory, "run", `${service}.sock`)}`,
    services: topology === "all" ? ["session"] : SERVICES,
    configure: (service, env) => of(service).configure(env),
    kill: (service, signal = "SIGKILL") => of(service).kill(signal),
    async start(service) {
      await of(service).start();
      await whole();
    },
    async restart(service, signal) {
      await mesh.kill(service, signal);
      await mesh.start(service);
    },
    pid: (service) => of(service).pid,
    pause: (service) => of(service).signal("SIGSTOP"),
    resume: (service) => of(service).signal("SIGCONT"),
    async stop() {
      try {
        for (const process of [...processes.values()].reverse()) await process.stop();
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    output: () => [...processes.values()].map((process) => process.output()).join("\n"),
  };
  try {
    await Promise.all([...processes.values()].map((process) => process.start()));
    await whole();
  } catch (cause) {
    const output = mesh.output();
    await mesh.stop().catch(() => {});
    throw new Error(`the mesh did not start: ${(cause as Error).message}\n${output}`, { cause });
  }
  return mesh;
}
