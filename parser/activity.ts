import { Origin } from "../gen/chat/common/v1/options.js";
import { clientFrames } from "../lib/contract.js";
import { limits } from "../lib/limits.js";
import type { WireWriter } from "../lib/wire/writer.js";
import type { Counters } from "./counters.js";
import type { FrameView } from "./frame.js";
import type { Presences } from "./presences.js";

/** Arm of ActivityFrame, and its field. */
const ACTIVE = 3;
const USERS = 1;
/** A user id with its tag and length. */
const USER_BYTES = 21;

/** Per arm of ClientFrame that a user causes: the field that says that he did not cause this one, 0 when there is none. */
const automatic: (number | undefined)[] = [];
for (const arm of clientFrames()) {
  if (arm.origin === Origin.USER) automatic[arm.number] = arm.automatic;
}

/** Whether the user did something by this frame, as the contract and the frame say. */
export function isUsersOwn(frame: FrameView): boolean {
  const field = automatic[frame.arm];
  return field !== undefined && (field === 0 || frame.uint(field) === 0);
}

/** Who did something since the last flush: each once, however much he did. It goes out in batches and may be lost. */
export class Activity {
  readonly #presences: Presences;
  readonly #counters: Counters;
  readonly #users = new Set<string>();
  readonly #parts: Part[];

  constructor(deps: { readonly presences: Presences; readonly counters: Counters }) {
    this.#presences = deps.presences;
    this.#counters = deps.counters;
    this.#parts = deps.presences.all.map(() => ({ writer: undefined, count: 0 }));
  }

  mark(user: string): void {
    if (this.#parts.length === 0) return;
    this.#users.add(user);
    if (this.#users.size >= limits.activeUsersMax) this.flush();
  }

  /** Once a second. */
  flush(): void {
    if (this.#users.size === 0) return;
    for (const user of this.#users) this.#write(user);
    this.#users.clear();
    for (let i = 0; i < this.#parts.length; i++) this.#end(i);
  }

  #write(user: string): void {
    const peers = this.#presences.all;
    const index = peers.length === 1 ? 0 : this.#indexOf(user);
    const part = this.#parts[index] as Part;
    if (part.count === 0) {
      const size = Math.min(this.#users.size, limits.activeUsersPerFrame) * USER_BYTES;
      part.writer = peers[index]?.link?.begin(ACTIVE, size);
    }
    part.writer?.ascii(USERS, user);
    part.count++;
    if (part.count === limits.activeUsersPerFrame) this.#end(index);
  }

  #end(index: number): void {
    const part = this.#parts[index] as Part;
    if (part.writer === undefined) this.#counters.inactive += part.count;
    else {
      this.#counters.active += part.count;
      this.#presences.all[index]?.link?.end();
    }
    part.writer = undefined;
    part.count = 0;
  }

  #indexOf(user: string): number {
    const owner = this.#presences.ownerOf(user);
    return owner === undefined ? 0 : this.#presences.all.indexOf(owner);
  }
}

/** The frame that is being written to one instance; without a writer its link took none. */
interface Part {
  writer: WireWriter | undefined;
  count: number;
}
