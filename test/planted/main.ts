import { prove } from "../proof.js";
import type { PlantedBug } from "./bug.js";
import { bugs } from "./bugs/index.js";
import { type Scene, scenes } from "./scenes.js";
import { isCaught, stage } from "./stage.js";
import { together } from "./together.js";

interface Play {
  readonly scene: Scene;
  readonly bug?: PlantedBug;
}

/** What to play: first each scene without a bug, then each bug. */
function plays(only: string): Play[] {
  const sound = Object.keys(scenes).map((scene) => ({ scene: scene as Scene }));
  const broken = bugs.map((bug) => ({ scene: bug.scene, bug }));
  return [...sound, ...broken].filter((play) => nameOf(play).includes(only));
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

async function main(only: string): Promise<void> {
  const failed: Play[] = [];
  let caught = 0;
  await together(plays(only), async (play) => {
    if (!(await passes(play, only !== ""))) failed.push(play);
    else if (play.bug) caught++;
  });
  console.log(`${caught} of ${bugs.length} planted bugs caught`);
  if (only === "") prove({ planted_bugs: bugs.length, planted_bugs_caught: caught });
  if (failed.length > 0) process.exitCode = 1;
}

await main(process.argv[2] ?? "");
