import type { Bases, CaughtUp } from "../gen/chat/client/v1/delivery.js";
import type { Conversation } from "./conversation.js";
import type { Effects } from "./effects.js";
import type { DeviceRecord } from "./store.js";
import { bounds, timings } from "./timings.js";

const NEVER = Number.POSITIVE_INFINITY;

/** What a device does as a whole after connecting: Resume, Bases, asking for ticks. Pure. */
export class Resume {
  private token = 0;
  private resumeAt = NEVER;
  private pullAt = NEVER;
  /** Where the next page of PullReceipts starts. */
  private pullAfter = "";
  private answerBases = false;

  constructor(private readonly device: DeviceRecord) {}

  /** Whether this device knows where its conversations start. */
  get based(): boolean {
    return this.device.based;
  }

  /** The connect counter is a fine token: not 0, and new for each connection. */
  attach(connect: number, now: number): void {
    this.token = connect;
    this.resumeAt = now;
    this.pullAt = now;
    this.pullAfter = "";
    this.answerBases = false;
  }

  detach(): void {
    this.resumeAt = NEVER;
    this.pullAt = NEVER;
  }

  /** The caller has applied the bases to their conversations. True when the device became based. */
  bases(bases: Bases, effects: Effects): boolean {
    if (!bases.complete) return false;
    this.answerBases = true;
    if (this.device.based) return false;
    this.device.based = true;
    effects.write({ kind: "based" });
    return true;
  }

  /** A new device whose bases were lost has no answer yet: they come again when it repeats Resume. */
  caughtUp(caughtUp: CaughtUp, effects: Effects): void {
    if (caughtUp.token !== this.token || this.resumeAt === NEVER || !this.device.based) return;
    this.resumeAt = NEVER;
    effects.emit({ name: "caughtUp", value: { pending: caughtUp.pending } });
  }

  flush(now: number, effects: Effects, conversations: ReadonlyMap<string, Conversation>): void {
    if (this.answerBases) {
      this.answerBases = false;
      effects.send({ $case: "ackBases", value: {} });
    }
    if (this.resumeAt <= now) {
      effects.send({ $case: "resume", value: { token: this.token } });
      this.resumeAt = now + timings.resumeRepeatMs;
    }
    if (this.pullAt <= now) this.pull(now, effects, conversations);
  }

  dueAt(): number {
    return Math.min(this.resumeAt, this.pullAt);
  }

  private pull(now: number, effects: Effects, all: ReadonlyMap<string, Conversation>): void {
    const wanted = [...all.values()].filter((one) => one.wantsPull() && one.id > this.pullAfter);
    const ids = wanted.map((one) => one.id).sort();
    const page = ids.slice(0, bounds.pullConversationsMax);
    if (page.length > 0) effects.send({ $case: "pullReceipts", value: { conversations: page } });
    const more = ids.length > page.length;
    this.pullAfter = more ? (page.at(-1) as string) : "";
    this.pullAt = now + (more ? timings.pullPageMs : timings.pullMs);
  }
}
