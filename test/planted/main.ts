import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { prove } from "../proof.js";
import { root } from "../sources.js";
import type { PlantedBug } from "./bug.js";
import { bugs } from "./bugs/index.js";
import { type Scene, scenes } from "./scenes/index.js";
import { isCaught, stage } from "./stage.js";
import { together } from "./together.js";

interface Play {
  readonly scene: Scene;
  readonly bug?: PlantedBug;
}

/** Where a run that is made in parts keeps how many bugs were caught so far. */
const STATE = join(root, "data/planted-run.json");

/** What there is to play: first each scene without a bug, then each bug. */
function allPlays(): Play[] {
  const sound = Object.keys(scenes).map((scene) => ({ scene: scene as Scene }));
  return [...sound, ...bugs.map((bug) => ({ scene: bug.scene, bug }))];
}

function nameOf({ scene, bug }: Play): string {
  return `${scene}: ${bug?.name ?? "nothing is wrong"}`;
}

/** Plays one; true when the verdict is what it must be. */
async function passes(play: Play, isTold: boolean): Promise<boolean> {
  const { scene, bug } = play;
  const outcome = await stage(scene, bug);
  const { broken, seconds, text } = outcome;
  const good = bug ? isCaught(bug, outcome) : outcome.ended && broken.length === 0;
  const found = broken.join(" ") || "-";
  console.log(`${good ? "✔" : "✘"} ${nameOf(play)} [${found}] ${seconds} s`);
  if (!good || isTold) console.log(text);
  return good;
}

/** Plays all of these; gives how many bugs were caught. */
async function playAll(plays: readonly Play[], isTold: boolean): Promise<number> {
  let caught = 0;
  await together(plays, async (play) => {
    if (!(await passes(play, isTold))) process.exitCode = 1;
    else if (play.bug) caught++;
  });
  return caught;
}

/** Part `k/n` of a run; the last one knows all, and tells. */
async function part(text: string): Promise<void> {
  const [k, n] = text.split("/").map(Number) as [number, number];
  const before = k === 1 ? 0 : JSON.parse(readFileSync(STATE, "utf8")).caught;
  const plays = allPlays().filter((_, index) => index % n === k - 1);
  const caught = before + (await playAll(plays, false));
  mkdirSync(dirname(STATE), { recursive: true });
  writeFileSync(STATE, JSON.stringify({ caught }));
  if (k === n) tell(caught);
}

function tell(caught: number): void {
  console.log(`${caught} of ${bugs.length} planted bugs caught`);
  prove({ planted_bugs: bugs.length, planted_bugs_caught: caught });
}

async function main([only = "", which = ""]: readonly string[]): Promise<void> {
  if (only === "--part") return part(which);
  const plays = allPlays().filter((play) => nameOf(play).includes(only));
  const caught = await playAll(plays, only !== "");
  if (only === "") tell(caught);
}

await main(process.argv.slice(2));
