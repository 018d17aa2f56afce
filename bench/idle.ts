import { setTimeout as after } from "node:timers/promises";
import type { Topology } from "../test/mesh.js";
import { ChatDevice, connectAll, noDeviceCounts } from "./load/chat-device.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { residentBytes, slope, tcpBytes } from "./rig/memory.js";
import type { Report } from "./rig/report.js";
import { spreadOf } from "./rig/stats.js";

/** How many devices, and how long they are left alone before the memory is read. */
export interface IdleBenchSize {
  readonly devices: readonly number[];
  /** So many others have come and gone before. */
  readonly warmUp: number;
  readonly settleMs: number;
  /** From the collection of garbage to the reading. */
  readonly collectMs: number;
  readonly topologies: readonly Topology[];
}

export const idleBenchSizes = {
  full: {
    devices: [1_000, 5_000, 10_000],
    warmUp: 10_000,
    settleMs: 5_000,
    collectMs: 3_000,
    topologies: ["processes", "all"],
  },
  smoke: { devices: [10, 20], warmUp: 10, settleMs: 1, collectMs: 200, topologies: ["all"] },
} as const satisfies Record<string, IdleBenchSize>;

const AT_ONCE = 50;
const COLLECTOR = new URL("./load/collect-garbage.js", import.meta.url).href;

/** Memory with so many devices connected. */
interface Point {
  readonly devices: number;
  readonly byProcess: ReadonlyMap<string, number>;
  readonly kernel: number;
}

/** What does a connected device cost that does nothing? */
export async function idleBench(
  size: IdleBenchSize,
  say: (line: string) => void = () => {},
): Promise<Report> {
  const measured = new Map<Topology, Point[]>();
  for (const topology of size.topologies) {
    const accounts = size.warmUp + Math.max(...size.devices);
    const installation = await startInstallation({
      topology,
      accounts,
      env: { NODE_OPTIONS: `--import ${COLLECTOR}` },
    });
    try {
      measured.set(topology, await points(installation, size, say));
    } finally {
      await installation.stop();
    }
  }
  return reportOf(measured, size);
}

async function points(
  installation: Installation,
  { devices, warmUp, settleMs, collectMs }: IdleBenchSize,
  say: (line: string) => void,
): Promise<Point[]> {
  const { mesh } = installation;
  const [others, accounts] = [
    installation.accounts.slice(0, warmUp),
    installation.accounts.slice(warmUp),
  ];
  await comeAndGo(installation, others);
  const counts = noDeviceCounts();
  const connected: ChatDevice[] = [];
  const found: Point[] = [];
  let broken = "";
  try {
    for (const count of devices) {
      const fresh = accounts.slice(connected.length, count).map((account) => {
        const device = new ChatDevice(installation.user(account), counts);
        device.onBroken = (why) => {
          broken = why;
        };
        return device;
      });
      connected.push(...fresh);
      await connectAll(fresh, AT_ONCE);
      await after(settleMs);
      for (const pid of installation.processes.values()) process.kill(pid, "SIGUSR2");
      await after(collectMs);
      if (broken || counts.faults > 0) throw new Error(`an idle device was disturbed: ${broken}`);
      const byProcess = new Map(
        [...installation.processes].map(([name, pid]) => [name, residentBytes([pid])]),
      );
      // The generator's ends of the connections take the same.
      found.push({ devices: count, byProcess, kernel: tcpBytes() / 2 });
      say(`${mesh.topology}, ${count} devices: ${inMiB(byProcess)}`);
    }
  } finally {
    for (const device of connected) device.close();
  }
  return found;
}

/**
 * Devices that connect and leave for good: what a process has once taken from the system for work that comes with them is kept
 * by it for the next ones, and is no memory of those who stay.
 */
async function comeAndGo(
  installation: Installation,
  accounts: Installation["accounts"],
): Promise<void> {
  const counts = noDeviceCounts();
  for (let first = 0; first < accounts.length; first += 1_000) {
    const some = accounts
      .slice(first, first + 1_000)
      .map((account) => new ChatDevice(installation.user(account), counts));
    await connectAll(some, AT_ONCE);
    for (const device of some) device.close();
  }
}

function inMiB(bytes: ReadonlyMap<string, number>): string {
  return [...bytes].map(([name, of]) => `${name} ${(of / 2 ** 20).toFixed(1)} MiB`).join(", ");
}

/** Bytes per device of each process, by name, of all and of the kernel. */
function perDevice(points: readonly Point[]): { parts: Map<string, number>; kernel: number } {
  const names = [...(points[0]?.byProcess.keys() ?? [])];
  const parts = new Map(
    names.map((name) => [
      name,
      slope(points.map(({ devices, byProcess }) => [devices, byProcess.get(name) ?? Number.NaN])),
    ]),
  );
  return { parts, kernel: slope(points.map(({ devices, kernel }) => [devices, kernel])) };
}

function reportOf(
  measured: ReadonlyMap<Topology, readonly Point[]>,
  { devices, warmUp, settleMs }: IdleBenchSize,
): Report {
  const rows: Report["rows"][number][] = [];
  const derived: Record<string, number> = {};
  for (const [topology, found] of measured) {
    const { parts, kernel } = perDevice(found);
    const user = [...parts.values()].reduce((sum, of) => sum + of, 0);
    for (const [name, of] of [["", user] as const, ...parts]) {
      if (name === "all") continue;
      const variant = topology === "all" ? "all" : name ? `mesh.${name}` : "mesh";
      rows.push({ variant, figures: { user_bytes_per_device: spreadOf([of]) } });
    }
    // The row of `all` has the other figure already.
    if (topology === "all") derived["all.bytes_per_device"] = user + kernel;
    else Object.assign(derived, { bytes_per_device: user + kernel, user_bytes_per_device: user });
  }
  return {
    bench: "idle",
    question: "what memory does a connected device take that does nothing?",
    method:
      "Resident memory of all server processes and buffers of their TCP sockets, a line fitted " +
      `through ${devices.join(", ")} devices, ${settleMs / 1000} s after the last was caught up ` +
      `and just after all garbage was collected; each device has an account of its own, and ${warmUp} others ` +
      "came and went before. bytes_per_device: both, with separate processes · " +
      "user_bytes_per_device: without the kernel's part · all: the same in one process.",
    rows,
    derived,
    plots: {
      memory: {
        kind: "bars",
        title: "What memory an idle device takes",
        axis: "resident memory per device (bytes)",
        better: "lower",
        figures: { user_bytes_per_device: "" },
      },
    },
  };
}
