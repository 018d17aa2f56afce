import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../history/checker/checker.js";
import { explain, summary } from "../history/checker/verdict.js";
import type { Fact } from "../history/events.js";
import { FileRecorder, historyIn } from "../history/recorder.js";
import { type Mesh, startMesh } from "../mesh.js";
import { QUICK } from "../topologies.js";
import { bugs } from "./bugs/index.js";
import { Cast } from "./cast.js";
import { Patience, SceneOver } from "./patience.js";
import { CANARY } from "./player.js";
import { type Scene, scenes } from "./scenes/index.js";
import type { Script } from "./scenes/script.js";

/** What a run tells on its last line, as JSON. */
export interface Outcome {
  /** The scene was played to its end. */
  readonly ended: boolean;
  /** The invariants that the checker found broken. */
  readonly broken: readonly string[];
  readonly text: string;
  readonly seconds: number;
}

/** Plays a scene, with the bug in all of its processes if there is one, and has its history checked. */
async function run(scene: Scene): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), "chatmesh-planted-"));
  const recorder = new FileRecorder(join(directory, "history"));
  const { topology = "all", env, play }: Script = scenes[scene];
  const bug = process.env.PLANTED_BUG ?? "";
  const preload = new URL("preload.js", import.meta.url).href;
  const journal = join(directory, "journal");
  const planted = {
    NODE_OPTIONS: `--import=${preload}`,
    PLANTED_BUG: bug,
    PLANTED_JOURNAL: journal,
  };
  const mesh = await startMesh({ topology, env: { ...QUICK, ...env, ...planted } });
  const awaited = bugs.find(({ name }) => name === bug)?.breaks;
  const cast = new Cast(mesh, recorder, new Patience(recorder, awaited));
  const failure = await whyOver(play(cast));
  cast.crew?.noteMembers();
  if (failure !== "violation") {
    // Whatever is not there now will not come any more.
    recorder.note({ type: "settled", ticks: true });
    await cast.fetch().catch(() => {});
    recorder.note({ type: "settled", ticks: true });
  }
  await lookForSecrets(mesh, cast);
  for (const service of mesh.services) await mesh.kill(service);
  for (const line of (await readFile(journal, "utf8")).split("\n")) {
    if (line !== "") recorder.note(JSON.parse(line) as Fact<"takeOver" | "commit">);
  }
  recorder.close();
  const history = historyIn(recorder.path);
  const verdict = check(history);
  const text = [failure, summary(verdict), explain(history, verdict)].filter(Boolean).join("\n");
  await mesh.stop().catch(() => {});
  await rm(directory, { recursive: true, force: true });
  const seconds = Math.round(performance.now() / 100) / 10;
  return { ended: failure === "", broken: [...verdict.counts.keys()], text, seconds };
}

/** Empty when the scene was played to its end. */
async function whyOver(playing: Promise<void>): Promise<string> {
  try {
    await playing;
    return "";
  } catch (error) {
    return error instanceof SceneOver ? error.why : String(error);
  }
}

async function lookForSecrets(mesh: Mesh, { players, recorder }: Cast): Promise<void> {
  const output = mesh.output();
  const leaked = (what: string) => recorder.note({ type: "leak", where: "a log", what });
  if (output.includes(CANARY)) leaked("the text of a message");
  for (const { store } of players) {
    const { account } = await store.load();
    if (account && output.includes(account.accessToken)) leaked("an access token");
    if (account && output.includes(account.refreshToken)) leaked("a refresh token");
  }
}

const outcome = await run(process.argv[2] as Scene);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
// Clients of a scene that ended early still try to connect.
process.exit(0);
