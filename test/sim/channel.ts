import type { Task } from "./heap.js";
import type { NetworkModel } from "./network-model.js";
import { nothing } from "./scheduler.js";
import type { SimProcess } from "./sim-process.js";

export type Data = Buffer | string;

/** Why the other side says no more. */
export interface Notice {
  readonly code: number;
  readonly why: string;
  readonly unauthorized?: boolean;
}

/** What one side of a channel hears. */
export interface ChannelSink {
  message(data: Data): void;
  closed(notice: Notice): void;
  /** Whether it waits for what was written to leave. */
  readonly waits: boolean;
  /** Something of what was written has left. */
  drained(): void;
}

/** Words that do not get through are sent again, at the latest after this. */
export const RETRANSMIT_MS = 1_000;

interface Parcel {
  atMs: number;
  readonly bytes: number;
  readonly data?: Data;
  readonly notice?: Notice;
}

/**
 * One side of a connection as TCP gives it: what is written arrives in order, later, or not at all once the connection
 * breaks. Each side may learn of the end, or go on believing in it.
 */
export class ChannelEnd {
  peer!: ChannelEnd;
  sink: ChannelSink | undefined;
  over = false;
  queuedBytes = 0;
  readonly #queue: Parcel[] = [];
  /** Bytes per millisecond that the other side reads. */
  #rate = Number.POSITIVE_INFINITY;
  #lastMs = 0;
  #arrivedMs = 0;
  #pump: Task | undefined;
  #severed = false;
  #connected = false;

  constructor(
    readonly model: NetworkModel,
    readonly process: SimProcess,
  ) {}

  send(data: Data): void {
    if (this.over) return;
    const left = this.model.filter.pass(this, data);
    if (left !== undefined) this.#put({ atMs: 0, bytes: left.length, data: left });
  }

  /** How fast the other side reads from now on, in bytes per millisecond. */
  set rate(rate: number) {
    if (rate === this.#rate) return;
    this.#rate = rate;
    if (this.#pump) this.#pump.run = nothing;
    this.#pump = undefined;
    this.#next();
  }

  /** Says no more: `done` after all that was written, `broken` after some of it. */
  close(how: "done" | "broken", notice: Notice): void {
    if (this.over) return;
    this.over = true;
    if (how === "broken") this.#loseTail();
    this.#put({ atMs: 0, bytes: 0, notice });
  }

  /** The process died: the other side gets a reset, or, when `silent`, nothing. */
  abandon(silent: boolean): void {
    if (this.over) return;
    if (!silent) return this.close("broken", { code: 1006, why: "connection reset" });
    this.over = true;
    this.#loseTail();
  }

  /** The connection breaks, and this side is told by its own operating system. */
  lose(): void {
    if (this.over) return;
    this.over = true;
    this.sever();
    this.sink?.closed({ code: 1006, why: "the network is gone" });
  }

  /** Something between the two ends it: both are told. */
  reset(): void {
    for (const end of [this, this.peer]) {
      if (end.over) continue;
      end.#loseTail();
      end.#put({ atMs: 0, bytes: 0, notice: { code: 1006, why: "connection reset" } });
    }
  }

  /** From now on nothing arrives on either side, and nobody is told. */
  sever(): void {
    this.#severed = true;
    this.peer.#severed = true;
  }

  /** Whether the other side's operating system can still be reached. */
  get reachable(): boolean {
    const { model, process, peer } = this;
    if (this.#severed || peer.over || !peer.process.alive) return false;
    return model.blockedUntil(process.name, peer.process.name) <= model.nowMs;
  }

  /** Both sides are there: what was written travels. */
  connected(): void {
    this.#connected = true;
    this.#next();
  }

  #put(parcel: Parcel): void {
    const { model, process, peer } = this;
    const latencyMs = model.latencyMs(process.name, peer.process.name);
    parcel.atMs = Math.max(this.#lastMs, model.nowMs + latencyMs);
    this.#lastMs = parcel.atMs;
    this.queuedBytes += parcel.bytes;
    this.#queue.push(parcel);
    this.#next();
  }

  #loseTail(): void {
    const kept = this.model.random.below(this.#queue.length + 1);
    for (const { bytes } of this.#queue.splice(kept)) this.queuedBytes -= bytes;
  }

  #next(): void {
    const [head] = this.#queue;
    if (!head || this.#pump || !this.#connected || this.#severed) return;
    const readMs = this.#arrivedMs + head.bytes / this.#rate;
    const atMs = Math.max(head.atMs, readMs);
    this.#pump = this.model.scheduler.at(atMs, this.peer.process, "arrive", () => {
      this.#pump = undefined;
      this.#arrive();
      this.#next();
    });
  }

  #arrive(): void {
    const { model, process, peer } = this;
    const [head] = this.#queue;
    if (!head || this.#severed) return;
    const untilMs = model.blockedUntil(process.name, peer.process.name);
    if (untilMs > model.nowMs) {
      const againMs = Math.min(untilMs, model.nowMs + RETRANSMIT_MS);
      head.atMs = againMs + model.latencyMs(process.name, peer.process.name);
      return;
    }
    this.#queue.shift();
    this.#arrivedMs = model.nowMs;
    this.queuedBytes -= head.bytes;
    model.scheduler.digest.number(head.bytes);
    if (head.bytes > 0 && !this.over && this.sink?.waits) {
      model.scheduler.after(0, process, "drained", () => this.over || this.sink?.drained());
    }
    if (peer.over) return;
    if (head.data !== undefined) peer.sink?.message(head.data);
    if (!head.notice) return;
    peer.over = true;
    peer.sink?.closed(head.notice);
  }
}
