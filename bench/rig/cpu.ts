import { readdirSync, readFileSync } from "node:fs";

/** Length of one tick of /proc in microseconds: 100 per second on every Linux that Node runs on. */
const TICK_US = 10_000;

/** CPU microseconds of this process since it started: exact. */
export function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU microseconds of one process with all its threads, to 10 ms; 0 when it is gone. */
export function processCpuUs(pid: number): number {
  const fields = statOf(String(pid));
  return fields === undefined ? 0 : (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/**
 * CPU microseconds of a process and all that it started and still runs, to 10 ms; by process id.
 */
export function treeCpuUs(root: number): Map<number, number> {
  const parents = new Map<number, number>();
  const used = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statOf(entry);
    if (!fields) continue;
    parents.set(Number(entry), Number(fields[1]));
    used.set(Number(entry), (Number(fields[11]) + Number(fields[12])) * TICK_US);
  }
  const tree = new Map<number, number>();
  for (const [pid, us] of used) {
    let at: number | undefined = pid;
    while (at !== undefined && at !== root) at = parents.get(at);
    if (at === root) tree.set(pid, us);
  }
  return tree;
}

/**
 * The fields of /proc/<pid>/stat behind the name, which may hold anything; undefined when the
 * process is gone.
 */
function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
