import { ClientFrame } from "../../gen/chat/client/v1/frames.js";
import type { LoadAccount } from "./accounts.js";
import { ChatDevice, connectAll, type DeviceCounts, noDeviceCounts } from "./chat-device.js";
import type { Installation } from "./installation.js";

/** Arms of ServerFrame. */
const FAILED = 15;
const PRESENCE = 19;
const AT_ONCE = 50;
const TICK_MS = 2;

/** What was said and answered so far, by all of them. */
export interface Talk {
  asked: number;
  refused: number;
  /** Answers, and what is told of a watched user without being asked. */
  told: number;
}

interface Line {
  readonly device: ChatDevice;
  readonly frame: Uint8Array;
}

/** Devices in a ring that say nothing but what is for presence: each has the app open, and watches the next one's user. */
export class PresenceTalkers {
  readonly talk: Talk = { asked: 0, refused: 0, told: 0 };
  readonly #counts: DeviceCounts = noDeviceCounts();
  readonly #devices: readonly ChatDevice[];
  /** What they say, in turn. */
  readonly #lines: readonly Line[];
  #next = 0;
  #broken = "";

  constructor(installation: Installation, accounts: readonly LoadAccount[]) {
    this.#devices = accounts.map((account) => {
      const device = new ChatDevice(installation.user(account), this.#counts);
      device.onBroken = (why) => {
        this.#broken = why;
      };
      device.onOther = (arm) => {
        if (arm === PRESENCE) this.talk.told++;
        else if (arm === FAILED) this.talk.refused++;
        else this.#counts.faults++;
      };
      return device;
    });
    const users = accounts.map(({ user }) => user);
    const watches = users.map((_, i) => watchOf(users[(i + 1) % users.length] as string));
    this.#lines = [...watches, ...users.map(() => FOREGROUND)].map((frame, i) => ({
      device: this.#devices[i % users.length] as ChatDevice,
      frame,
    }));
  }

  connect(): Promise<void> {
    return connectAll(this.#devices, AT_ONCE);
  }

  /** Half of the frames are questions. Returns the function that ends it. */
  start(framesPerS: number): () => void {
    const startedMs = performance.now();
    let said = 0;
    const timer = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1000) * framesPerS;
      for (; said < due; said++) this.#say();
    }, TICK_MS);
    return () => clearInterval(timer);
  }

  #say(): void {
    const at = this.#next++ % this.#lines.length;
    const { device, frame } = this.#lines[at] as Line;
    if (frame !== FOREGROUND) this.talk.asked++;
    device.say(frame);
  }

  /** Throws when something went wrong with one of them. */
  areWell(): void {
    if (this.#broken === "" && this.#counts.faults === 0) return;
    throw new Error(`a talker went wrong: ${this.#broken} ${JSON.stringify(this.#counts)}`);
  }

  close(): void {
    for (const device of this.#devices) device.close();
  }
}

const FOREGROUND = ClientFrame.encode({
  kind: { $case: "foreground", value: { automatic: false } },
}).finish();

function watchOf(user: string): Uint8Array {
  return ClientFrame.encode({ kind: { $case: "watch", value: { request: 1, user } } }).finish();
}
