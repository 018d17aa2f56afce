import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import type { Service } from "../chaos-mesh.js";
import { type Fault, hold } from "../stage.js";

const run = promisify(execFile);
const ATTACHED_WITHIN_MS = 5_000;

/** A process gets no further file descriptor: existing sockets go on, new ones wait or are refused. */
function descriptors(service: Service): Fault {
  return {
    kind: `no descriptors for ${service}`,
    rows: ["A10"],
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name, process } = random.pick(mesh.of(service));
      const prlimit = async (...options: string[]) => {
        return (await run("prlimit", ["--pid", `${process.pid}`, ...options])).stdout.trim();
      };
      const before = await prlimit("--nofile", "--raw", "--noheadings", "-o", "SOFT").catch(
        () => "",
      );
      if (before === "") return stage.skip(this, "there is no prlimit here");
      const used = readdirSync(`/proc/${process.pid}/fd`).length;
      say(`${name} has ${used} descriptors and gets no more; half of the connections are cut off`);
      await prlimit(`--nofile=${used}:`);
      random.pick(mesh.links("clients")).cut();
      await hold(stage, random.between(1_000, 3_000));
      await prlimit(`--nofile=${before}:`);
    },
  };
}

/** The next fdatasync of the process fails once, as with a broken disk. */
function failingSync(service: Service): Fault {
  return {
    kind: `failing fdatasync of ${service}`,
    rows: ["A7"],
    async run(stage) {
      const { mesh, random, say } = stage;
      const { name, process } = random.pick(mesh.of(service));
      const tracer = spawn("strace", [
        ...["-f", "-p", String(process.pid), "-o", "/dev/null", "-e", "trace=fdatasync"],
        ...["-e", "inject=fdatasync:error=EIO:when=1"],
      ]);
      const gone = once(tracer, "close");
      if (!(await isAttached(tracer))) {
        await gone.catch(() => {});
        stage.skip(this, "strace may not be used here");
        return;
      }
      say(`an fdatasync of ${name} fails`);
      await hold(stage, 1_500);
      tracer.kill("SIGINT");
      await gone;
    },
  };
}

/** strace says on stderr when it has the process. */
async function isAttached(tracer: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((resolve) => {
    tracer.stderr?.once("data", (text: Buffer) => resolve(text.includes("attached")));
    tracer.once("error", () => resolve(false));
    tracer.once("close", () => resolve(false));
    setTimeout(() => resolve(false), ATTACHED_WITHIN_MS).unref();
  });
}

export const resources: readonly Fault[] = [
  descriptors("gateway"),
  descriptors("session"),
  failingSync("session"),
  failingSync("receipts"),
];
