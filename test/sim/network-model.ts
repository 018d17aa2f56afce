import { ChannelEnd, type ChannelSink, type Data, type Notice, RETRANSMIT_MS } from "./channel.js";
import { Losses } from "./losses.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";
import type { SimProcess } from "./sim-process.js";

/** Whoever takes connections at an address. */
export interface Listener {
  readonly process: SimProcess;
  accept(end: ChannelEnd, greeting: unknown): void;
}

/** How long words travel. */
export interface Weather {
  readonly latencyMs: number;
  /** How often one takes much longer, and how much. */
  readonly spikes: number;
  readonly spikeMs: number;
}

/** Loses single frames on connections that hold. */
export interface FrameFilter {
  /** How many were lost, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** What is left of what one side writes; undefined when nothing is. */
  pass(end: ChannelEnd, data: Data): Data | undefined;
  clear(): void;
}

const REFUSED: Notice = { code: 1006, why: "connection refused" };

/** The network between all processes: latency, partitions, and every connection there is. */
export class NetworkModel {
  readonly listeners = new Map<string, Listener>();
  /** Which process serves an address, also while it is down. */
  readonly owners = new Map<string, string>();
  readonly losses: Losses;
  filter: FrameFilter;
  /** Told of what must never happen. */
  wrong: (invariant: string, text: string) => void = () => undefined;
  readonly #ends = new Set<ChannelEnd>();
  readonly #blocked = new Map<string, number>();

  constructor(
    readonly scheduler: Scheduler,
    readonly random: Random,
    private weather: Weather,
  ) {
    this.losses = new Losses(random.fork("losses"));
    this.filter = this.losses;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  latencyMs(_from: string, _to: string): number {
    const { latencyMs, spikes, spikeMs } = this.weather;
    const usual = latencyMs * (0.5 + this.random.fraction());
    return this.random.chance(spikes) ? usual + this.random.between(0, spikeMs) : usual;
  }

  /** Until then nothing passes from one process to another; below now when it does. */
  blockedUntil(from: string, to: string): number {
    const both = this.#blocked.get(`${from}>${to}`) ?? 0;
    return Math.max(both, this.#blocked.get(from) ?? 0, this.#blocked.get(to) ?? 0);
  }

  /** Blocks one direction, or with one name everything from and to a process. */
  block(untilMs: number, from: string, to?: string): void {
    const key = to === undefined ? from : `${from}>${to}`;
    this.#blocked.set(key, Math.max(this.#blocked.get(key) ?? 0, untilMs));
  }

  /** All faults end: words travel as usual, and whoever still talks to nobody is told. */
  heal(): void {
    this.weather = { ...this.weather, spikes: 0 };
    this.#blocked.clear();
    this.filter.clear();
    for (const end of this.#ends) {
      if (!end.over && !end.reachable) end.process.start("lost", () => end.lose());
    }
  }

  /** Opens a connection; what is written before it is accepted arrives after. */
  dial(from: SimProcess, address: string, greeting: unknown, sink: ChannelSink): ChannelEnd {
    const end = new ChannelEnd(this, from);
    end.sink = sink;
    // Until it is accepted it has no other side: one that nobody listens to stands in.
    end.peer = new ChannelEnd(this, from);
    end.peer.peer = end;
    this.#arriving(end, address, greeting);
    return end;
  }

  /** The connections between two processes. */
  between(a: string, b: string): ChannelEnd[] {
    return [...this.#ends].filter(({ process, peer, over }) => {
      return !over && process.name === a && peer.process.name === b;
    });
  }

  of(name: string): ChannelEnd[] {
    return [...this.#ends].filter(({ process, over }) => !over && process.name === name);
  }

  /** The process died. */
  died(process: SimProcess, silent: boolean): void {
    for (const [address, listener] of this.listeners) {
      if (listener.process === process) this.listeners.delete(address);
    }
    for (const end of this.#ends) {
      if (end.process === process) end.abandon(silent);
      if (end.over && end.peer.over) this.#ends.delete(end);
    }
  }

  /** A packet that asks: it is sent again until it gets through or the dialling side gives up. */
  #arriving(end: ChannelEnd, address: string, greeting: unknown): void {
    const from = end.process;
    const to = this.owners.get(address) ?? address;
    const untilMs = Math.max(this.blockedUntil(from.name, to), this.blockedUntil(to, from.name));
    const soonestMs = Math.min(Math.max(untilMs, this.nowMs), this.nowMs + RETRANSMIT_MS);
    const atMs = soonestMs + this.latencyMs(from.name, to);
    this.scheduler.at(atMs, undefined, "connect", () => {
      if (end.over || !from.alive) return;
      if (this.blockedUntil(from.name, to) > this.nowMs) {
        this.#arriving(end, address, greeting);
        return;
      }
      const listener = this.listeners.get(address);
      if (!listener?.process.alive) this.#refuse(end);
      else listener.process.start("accept", () => this.#accept(end, listener, greeting));
    });
  }

  #refuse(end: ChannelEnd): void {
    this.scheduler.after(this.latencyMs("", ""), end.process, "refused", () => {
      if (end.over) return;
      end.over = true;
      end.sink?.closed(REFUSED);
    });
  }

  #accept(end: ChannelEnd, listener: Listener, greeting: unknown): void {
    if (end.over || !end.process.alive) return;
    const accepted = new ChannelEnd(this, listener.process);
    accepted.peer = end;
    end.peer = accepted;
    this.#ends.add(end).add(accepted);
    listener.accept(accepted, greeting);
    accepted.connected();
    end.connected();
  }
}
