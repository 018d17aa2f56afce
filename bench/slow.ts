import { setTimeout as after } from "node:timers/promises";
import { Content } from "../gen/chat/client/v1/messages.js";
import { until } from "../test/until.js";
import type { LoadAccount } from "./load/accounts.js";
import { ChatDevice, connectAll, type DeviceCounts, noDeviceCounts } from "./load/chat-device.js";
import { connectPairs } from "./load/closed-loop.js";
import { countStalled, newCrowd } from "./load/crowd.js";
import { type Installation, startInstallation } from "./load/installation.js";
import { type OpenLoopResult, openLoop } from "./load/open-loop.js";
import { content, type LoadPair } from "./load/subject.js";
import { residentBytes } from "./rig/memory.js";
import type { Report } from "./rig/report.js";
import type { Say } from "./rig/rounds.js";
import { spreadOf } from "./rig/stats.js";

export interface SlowBenchSize {
  /** Devices that read, then stop. */
  readonly readers: number;
  /** Those of them that are sent so much that the kernel's buffers are full and the gateway's are reached. */
  readonly flooded: number;
  /** Groups over which they are flooded; each has one window under way to a device. */
  readonly floods: number;
  readonly pairs: number;
  /** Messages of the pairs together, and of the group of all readers. */
  readonly perS: number;
  readonly crowdPerS: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly settleMs: number;
}

export const slowBenchSizes = {
  full: {
    readers: 1_000,
    flooded: 250,
    floods: 3,
    pairs: 50,
    perS: 400,
    crowdPerS: 4,
    seconds: 6,
    rounds: 3,
    settleMs: 3_000,
  },
  smoke: {
    readers: 6,
    flooded: 2,
    floods: 3,
    pairs: 2,
    perS: 50,
    crowdPerS: 4,
    seconds: 0.5,
    rounds: 1,
    settleMs: 200,
  },
} as const satisfies Record<string, SlowBenchSize>;

const AT_ONCE = 50;
/** One window of a device in one conversation, less the entry that made the group. */
const FLOOD_MESSAGES = 63;
/** The longest text there may be. */
const FLOOD_BYTES = 32 * 1024;
const COLLECTOR = new URL("./load/collect-garbage.js", import.meta.url).href;
/** Nobody is cut off while it is measured what he costs. */
const STUCK_MS = "600000";

const flood = Buffer.from(
  Content.encode({ kind: { $case: "text", value: { text: "x".repeat(FLOOD_BYTES) } } }).finish(),
);

/** What it is like with all readers in one state. */
interface State {
  readonly others: OpenLoopResult;
  readonly residentBytes: number;
}

interface Round {
  readonly reading: State;
  readonly stopped: State;
}

/** What do readers cost that stop reading, and do the others feel it? */
export async function slowBench(size: SlowBenchSize, say: Say = () => {}): Promise<Report> {
  const rounds: Round[] = [];
  for (let n = 1; n <= size.rounds; n++) {
    const installation = await startInstallation({
      topology: "processes",
      accounts: 1 + size.readers + 2 * size.pairs,
      env: {
        NODE_OPTIONS: `--import ${COLLECTOR}`,
        CHAT_GATEWAY_STUCK_MS: STUCK_MS,
        CHAT_GROUP_MEMBERS_MAX_COUNT: "1024",
      },
    });
    const crowd = new Crowd(installation, size);
    try {
      await crowd.gather();
      say(`round ${n} of ${size.rounds}: ${size.readers} readers are there`);
      rounds.push(await crowd.run(say));
    } finally {
      crowd.close();
      await installation.stop();
    }
  }
  return reportOf(rounds, size);
}

/** The readers, an author who writes to them, and the pairs that want to be left alone. */
class Crowd {
  readonly #counts: DeviceCounts = noDeviceCounts();
  readonly #written: DeviceCounts = noDeviceCounts();
  readonly #author: ChatDevice;
  readonly #readers: readonly ChatDevice[];
  readonly #accounts: readonly LoadAccount[];
  #pairs: LoadPair[] = [];
  #group = "";
  #floods: string[] = [];
  #broken = "";

  constructor(
    readonly installation: Installation,
    readonly size: SlowBenchSize,
  ) {
    const [author, ...accounts] = installation.accounts.slice(0, 1 + size.readers);
    this.#accounts = accounts;
    this.#author = new ChatDevice(installation.user(author as LoadAccount), this.#written);
    this.#readers = accounts.map((account) => {
      const reader = new ChatDevice(installation.user(account), this.#counts);
      reader.onBroken = (why) => {
        this.#broken = why;
      };
      return reader;
    });
  }

  get #flooded(): readonly LoadAccount[] {
    return this.#accounts.slice(0, this.size.flooded);
  }

  async gather(): Promise<void> {
    const { installation, size } = this;
    const { mesh, accounts } = installation;
    await connectAll([this.#author, ...this.#readers], AT_ONCE);
    const owner = accounts[0] as LoadAccount;
    this.#group = await newCrowd(mesh, owner, this.#accounts);
    for (let n = 0; n < size.floods; n++) {
      this.#floods.push(await newCrowd(mesh, owner, this.#flooded));
    }
    this.#pairs = await connectPairs(installation, size.pairs);
  }

  async run(say: Say): Promise<Round> {
    const { mesh } = this.installation;
    await this.#flood();
    const expected = this.size.flooded * this.size.floods * FLOOD_MESSAGES;
    await until("the readers to have read it", () => this.#counts.delivered >= expected);
    const reading = await this.#state();
    say(`all read: ${textOf(reading)}`);
    for (const reader of this.#readers) reader.pause();
    await this.#flood();
    await until("the readers to be stalled", async () => {
      return (await countStalled(mesh, this.#flooded)) === this.size.flooded;
    });
    const stopped = await this.#state();
    say(`nobody reads: ${textOf(stopped)}`);
    if (this.#broken !== "" || this.#counts.faults > 0) {
      throw new Error(`a reader went wrong: ${this.#broken} ${JSON.stringify(this.#counts)}`);
    }
    return { reading, stopped };
  }

  /** A window of long messages in each of the groups for it. */
  async #flood(): Promise<void> {
    const from = this.#written.sent;
    let next = 0;
    const end = FLOOD_MESSAGES * this.#floods.length;
    const sendOne = () => {
      const group = this.#floods[next % this.#floods.length];
      if (next++ < end) this.#author.sendTo(group as string, flood);
    };
    this.#author.onSent = sendOne;
    for (let n = 0; n < this.#floods.length; n++) sendOne();
    await until("the messages to have their ✓", () => this.#written.sent - from >= end, 120_000);
    this.#author.onSent = () => {};
  }

  /** How the pairs fare while the group of all is written to, and what the servers hold afterwards. */
  async #state(): Promise<State> {
    const { size, installation } = this;
    await installation.quiet();
    const writing = setInterval(
      () => this.#author.sendTo(this.#group, content),
      1_000 / size.crowdPerS,
    );
    const others = await openLoop(this.#pairs, size).finally(() => clearInterval(writing));
    if (others.fault !== "") throw new Error(others.fault);
    const pids = [...installation.processes.values()];
    for (const pid of pids) process.kill(pid, "SIGUSR2");
    await after(size.settleMs);
    return { others, residentBytes: residentBytes(pids) };
  }

  close(): void {
    for (const one of [this.#author, ...this.#readers, ...this.#pairs]) one.close();
  }
}

function textOf({ others, residentBytes: bytes }: State): string {
  return `p99 ${others.read.p99.toFixed(1)} ms, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function reportOf(rounds: readonly Round[], size: SlowBenchSize): Report {
  const row = (variant: "reading" | "stopped") => {
    const states = rounds.map((round) => round[variant]);
    const spread = (of: (state: State) => number) => spreadOf(states.map(of));
    return {
      variant,
      figures: {
        p50_ms: spread(({ others }) => others.read.p50),
        p99_ms: spread(({ others }) => others.read.p99),
        resident_mib: spread((state) => state.residentBytes / 2 ** 20),
        generator_cores: spread(({ others }) => others.generatorShare),
      },
    };
  };
  const grown = rounds.map(({ reading, stopped }) => stopped.residentBytes - reading.residentBytes);
  const ratios = rounds.map(
    ({ reading, stopped }) => stopped.others.read.p99 / reading.others.read.p99,
  );
  return {
    bench: "slow",
    question: "what do readers cost that stop reading, and do the others feel it?",
    method:
      `${size.readers} devices in one group that is written to ${size.crowdPerS} times a second: first all of them read, then ` +
      `none does. ${size.flooded} of them were sent ${size.floods} × ${FLOOD_MESSAGES} messages of ${FLOOD_BYTES / 1024} KiB ` +
      "before, in either state: when they do not read, more than the kernel keeps for them, so that the gateway has its own " +
      "buffers full and says that they are stalled (checked). bytes_per_reader: how much more resident memory all server " +
      "processes have with readers that stopped, garbage collected, over those whose buffers are full. p99_ratio: of " +
      `${size.pairs} pairs beside them with ${size.perS} messages per second at random times, from sending to the last ` +
      `tick, for ${size.seconds} s. Each round has a mesh of its own; medians of the rounds.`,
    rows: [row("reading"), row("stopped")],
    derived: {
      bytes_per_reader: spreadOf(grown).median / size.flooded,
      p99_ratio: spreadOf(ratios).median,
    },
  };
}
