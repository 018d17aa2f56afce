import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PlantedBug } from "./bug.js";
import type { Outcome } from "./run.js";
import type { Scene } from "./scenes/index.js";

/** Plays a scene in a process of its own, with the bug in it and in its mesh; without a bug if none is given. */
export async function stage(scene: Scene, bug?: PlantedBug): Promise<Outcome> {
  const preload = new URL("preload.js", import.meta.url).href;
  const run = fileURLToPath(new URL("run.js", import.meta.url));
  const env = { ...process.env, PLANTED_BUG: bug?.name ?? "" };
  const child = spawn(process.execPath, [`--import=${preload}`, run, scene], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => output.push(chunk));
  }
  await once(child, "close");
  const text = Buffer.concat(output).toString();
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  if (child.exitCode !== 0 || !last.startsWith("{")) {
    const failure = `the scene ended with ${child.exitCode}:\n${text}`;
    return { ended: false, broken: [], text: failure, seconds: 0 };
  }
  return JSON.parse(last) as Outcome;
}

/** Whether the checker found what the bug breaks. */
export function isCaught(bug: PlantedBug, outcome: Outcome): boolean {
  return outcome.broken.includes(bug.breaks);
}
