import type { Service } from "./chaos-mesh.js";
import type { Speaker } from "./speaker.js";

/** A process of a service, every gateway at once, or everything at once. */
export type Killed = Service | "all gateways" | "all";

interface Wait {
  /** What was cut off counts as served only when it has caught up behind another connection. */
  cutOff: boolean;
  caughtUp: boolean;
  acknowledged: boolean;
  shown: boolean;
}

interface Watch {
  readonly killed: Killed;
  readonly killedMs: number;
  readonly waits: Map<Speaker, Wait>;
  serves: boolean;
}

/**
 * How long it took after a kill until a device was served again: from the kill until it had an own message acknowledged and
 * showed one of somebody else, both by the mesh as it was after the kill. After the kill of a gateway those count that were connected to
 * it, and they must have caught up before.
 */
export class Recoveries {
  readonly samples = new Map<Killed, number[]>();
  #watch: Watch | undefined;

  constructor(
    readonly speakers: readonly Speaker[],
    readonly nowMs: () => number,
  ) {
    for (const one of speakers) {
      one.watch({
        cutOff: () => this.#cutOff(one),
        caughtUp: () => this.#seen(one, "caughtUp"),
        acknowledged: () => this.#seen(one, "acknowledged"),
        shown: () => this.#seen(one, "shown"),
      });
    }
  }

  /** It is being killed now. */
  killed(killed: Killed): void {
    const waits = new Map(this.speakers.map((one) => [one, newWait()] as const));
    this.#watch = { killed, killedMs: this.nowMs(), waits, serves: isGateway(killed) };
  }

  /** It serves again: what is acknowledged and shown from now on comes from it. */
  serves(): void {
    if (this.#watch) this.#watch.serves = true;
  }

  /** Who is not served yet. */
  get waiting(): string[] {
    const watch = this.#watch;
    if (watch === undefined) return [];
    const all = [...watch.waits];
    const concerned = isGateway(watch.killed) ? all.filter(([, { cutOff }]) => cutOff) : all;
    return concerned.map(([{ name }]) => name);
  }

  /** What comes now has nothing to do with the kill. */
  over(): void {
    this.#watch = undefined;
  }

  #cutOff(one: Speaker): void {
    const wait = this.#watch?.waits.get(one);
    if (wait) Object.assign(wait, newWait(), { cutOff: true });
  }

  #seen(one: Speaker, what: "caughtUp" | "acknowledged" | "shown"): void {
    const watch = this.#watch;
    const wait = watch?.waits.get(one);
    if (!watch || !wait) return;
    const mustCatchUp = wait.cutOff || isGateway(watch.killed);
    if (what === "caughtUp") wait.caughtUp = wait.cutOff;
    else if (watch.serves && (wait.caughtUp || !mustCatchUp)) wait[what] = true;
    if (!wait.acknowledged || !wait.shown) return;
    watch.waits.delete(one);
    const samples = this.samples.get(watch.killed) ?? [];
    samples.push(Math.round(this.nowMs() - watch.killedMs));
    this.samples.set(watch.killed, samples);
  }
}

function newWait(): Wait {
  return { cutOff: false, caughtUp: false, acknowledged: false, shown: false };
}

function isGateway(killed: Killed): boolean {
  return killed === "gateway" || killed === "all gateways";
}

/** The value below which a share of the samples lies; 0 without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
