import { check } from "../history/checker/checker.js";
import type { Invariant } from "../history/checker/findings.js";
import { type FileRecorder, historyIn } from "../history/recorder.js";

const LOOK_MS = 50;
const CHECK_EVERY = 10;
/** Longer than the first repetition of anything. Counted in looks: a machine that stands still for a while is no silence. */
const SILENT_LOOKS = 160;

/** The scene need not go on. */
export class SceneOver extends Error {
  constructor(readonly why: "violation" | "silence") {
    super(`the scene is over: ${why}`);
  }
}

/**
 * Waits as long as something happens: a bug may make the awaited never come. Looks at the history from time to time and ends
 * the scene when what the bug breaks is seen broken; without a bug, when anything is.
 */
export class Patience {
  #looks = 0;
  /** Somebody is about to come back: what is awaited may come with him. */
  isEarly: () => boolean = () => false;
  /** What is in the history cannot be judged before all of it is there. */
  isBlind = false;

  constructor(
    readonly recorder: FileRecorder,
    readonly awaited: Invariant | undefined,
  ) {}

  async until(holds: () => boolean): Promise<void> {
    let { news } = this.recorder;
    let silent = 0;
    while (!holds()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      silent = this.recorder.news > news || this.isEarly() ? 0 : silent + 1;
      news = this.recorder.news;
      if (silent > SILENT_LOOKS) throw new SceneOver("silence");
      this.#look();
    }
    this.#look();
  }

  #look(): void {
    if (this.isBlind || ++this.#looks % CHECK_EVERY > 0) return;
    this.recorder.flush();
    const { count, counts } = check(historyIn(this.recorder.path));
    const isOver = this.awaited === undefined ? count > 0 : counts.has(this.awaited);
    if (isOver) throw new SceneOver("violation");
  }
}
