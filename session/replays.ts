import { ReplayOutcome } from "../gen/chat/session/v1/session.js";
import type { Clock, Timer } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import type { Conversation } from "./conversation.js";
import { entryAt } from "./history.js";
import type { Parked } from "./parked.js";
import type { Parking, ReplayAnswer } from "./parking.js";
import { replace } from "./placeholders.js";
import type { SessionStore } from "./store.js";

interface Replay {
  readonly timer: Timer;
  readonly end: (outcome: ReplayOutcome) => void;
}

/** Parked entries on their way to their devices once more: bounded in number and time. */
export class Replays {
  #running = new Map<string, Replay>();

  constructor(
    readonly deps: {
      readonly store: SessionStore;
      readonly clock: Clock;
      readonly log: Logger;
      readonly parking: Parking;
    },
  ) {
    deps.parking.answered = (parked, answer) => this.#answered(parked, answer);
  }

  get full(): boolean {
    return this.#running.size >= limits.replaysMax;
  }

  /** Sends the entry again; resolves with what came of it. */
  async start(conversation: Conversation, parked: Parked): Promise<ReplayOutcome> {
    const device = conversation.member(parked.user)?.home.device(parked.device);
    if (device?.live === undefined) return ReplayOutcome.NOT_CONNECTED;
    const entry = await entryAt(this.deps, conversation, parked.seq);
    const connection = device.live;
    if (entry === undefined || connection === undefined) return ReplayOutcome.NOT_CONNECTED;
    const key = keyOf(parked);
    this.#running.get(key)?.end(ReplayOutcome.NO_ANSWER);
    return new Promise((resolve) => {
      const end = (outcome: ReplayOutcome) => {
        replay.timer.cancel();
        if (this.#running.get(key) === replay) this.#running.delete(key);
        resolve(outcome);
      };
      const late = () => end(ReplayOutcome.NO_ANSWER);
      const replay = { timer: this.deps.clock.after(limits.replayMs, late), end };
      this.#running.set(key, replay);
      if (!replace(connection, conversation, entry)) end(ReplayOutcome.NOT_CONNECTED);
    });
  }

  /** True when the device was asked. */
  #answered(parked: Parked, answer: ReplayAnswer): boolean {
    const replay = this.#running.get(keyOf(parked));
    const { REPLACED, REFUSED } = ReplayOutcome;
    replay?.end(answer === "replaced" ? REPLACED : REFUSED);
    return replay !== undefined;
  }

  /** Nobody is answered any more. */
  stop(): void {
    for (const { end } of this.#running.values()) end(ReplayOutcome.NO_ANSWER);
  }
}

function keyOf({ conversation, seq, device }: Parked): string {
  return `${conversation} ${seq} ${device}`;
}
