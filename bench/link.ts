import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import type { Dialer, Link } from "../lib/link/link.js";
import { silentLogger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { Network } from "../lib/rpc/network.js";
import { checksumOf, type Message, messages, Tally, writeMessage } from "./link-frames.js";
import { NaiveStream } from "./link-naive.js";
import { Receiver } from "./link-receiver.js";
import { ownCpuUs } from "./rig/cpu.js";
import type { Report } from "./rig/report.js";
import { interleaved, type Say, type Variant } from "./rig/rounds.js";
import { type Spread, spreadOf } from "./rig/stats.js";

/** How much is sent. */
export interface LinkBenchSize {
  readonly naiveFrames: number;
  readonly batchedFrames: number;
  readonly rounds: number;
  readonly warmUps: number;
}

export const linkBenchSizes = {
  full: { naiveFrames: 40_000, batchedFrames: 600_000, rounds: 7, warmUps: 1 },
  smoke: { naiveFrames: 300, batchedFrames: 3_000, rounds: 1, warmUps: 0 },
} as const satisfies Record<string, LinkBenchSize>;

/**
 * Frames written per turn of the event loop: what a busy service hears from its sockets in one
 * turn.
 */
const BURST = 100;

/** How long a full link is left alone. */
const FULL_MS = 1;

/** One round of one variant. */
interface Round {
  readonly cpuUs: number;
  readonly seconds: number;
  readonly frames: number;
}

/** Sends a burst; how many it took. */
type Sender = (from: number, to: number) => number | Promise<number>;

const contract = linkContract("chat.parser.v1.Parsers");
const pool = messages();

/** What does a frame of 150 bytes cost on a link, and what does batching save? */
export async function linkBench(size: LinkBenchSize, say: Say): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), "cm-"));
  const receiver = await Receiver.start(join(directory, "link.sock"));
  const network = createNetwork({
    instance: "sender",
    boot: "gw_sender",
    clock: systemClock,
    log: silentLogger,
  });
  const naive = new NaiveStream(receiver.addresses.naive);
  const dialers: Dialer[] = [];
  const dialed = (address: string) => dial(network, address, dialers);
  const tcp = await dialed(receiver.addresses.tcp);
  const unix = await dialed(receiver.addresses.unix);
  const counting = await localPeer(network);
  const local = await dialed("local:receiver");
  const remote = (link: Link) => () => measure(receiver, size.batchedFrames, senderTo(link));
  const variants: Variant<Round>[] = [
    {
      name: "naive",
      run: () => measure(receiver, size.naiveFrames, (from, to) => naive.send(pool, from, to)),
    },
    { name: "batched", run: remote(tcp) },
    { name: "unix", run: remote(unix) },
    { name: "local", run: () => measure(counting, size.batchedFrames, senderTo(local)) },
  ];
  try {
    return reportOf(await interleaved(variants, { ...size, say }));
  } finally {
    naive.close();
    for (const dialer of dialers) dialer.close();
    receiver.stop();
    rmSync(directory, { recursive: true });
  }
}

/** What counts frames at the other end. */
interface Counting {
  expect(frames: number): Promise<{ complete: Promise<Counted> }>;
}

interface Counted {
  readonly frames: number;
  readonly checksum: number;
  readonly cpuUs: number;
}

async function measure(receiver: Counting, frames: number, send: Sender): Promise<Round> {
  const { complete } = await receiver.expect(frames);
  const startUs = ownCpuUs();
  const startMs = performance.now();
  for (let sent = 0; sent < frames; ) {
    const taken = await send(sent, Math.min(sent + BURST, frames));
    sent += taken;
    // A full link is left alone for a moment: asking it again and again would count as its cost.
    if (taken > 0) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise((resolve) => setTimeout(resolve, FULL_MS));
  }
  const counted = await complete;
  const seconds = (performance.now() - startMs) / 1000;
  const cpuUs = ownCpuUs() - startUs + counted.cpuUs;
  assert.equal(counted.frames, frames, "frames were lost");
  assert.equal(counted.checksum, checksumOf(pool, frames), "frames were altered");
  return { cpuUs, seconds, frames };
}

function senderTo(link: Link): Sender {
  return (from, to) => {
    let sent = 0;
    for (let i = from; i < to; i++) {
      if (!writeMessage(link, pool[i % pool.length] as Message)) break;
      sent++;
    }
    return sent;
  };
}

function dial(network: Network, address: string, dialers: Dialer[]): Promise<Link> {
  return new Promise((resolve) => {
    dialers.push(network.dial(address, contract, { up: resolve, frame: () => undefined }));
  });
}

/** Both ends in this process: its CPU time counts both already. */
async function localPeer(network: Network): Promise<Counting> {
  const tally = new Tally();
  const server = network.server("local:receiver");
  server.link(contract, () => tally);
  await server.start();
  return {
    async expect(expected) {
      const complete = new Promise<Counted>((resolve) => {
        tally.expect(expected, () => {
          const { frames, checksum } = tally;
          resolve({ frames, checksum, cpuUs: 0 });
        });
      });
      return { complete };
    },
  };
}

function reportOf(results: Map<string, Round[]>): Report {
  const rows = [...results].map(([variant, rounds]) => ({
    variant,
    figures: {
      cpu_us_per_frame: spreadOf(rounds.map(({ cpuUs, frames }) => cpuUs / frames)),
      frames_per_s: spreadOf(rounds.map(({ frames, seconds }) => frames / seconds)),
    } satisfies Record<string, Spread>,
  }));
  const cpu = (variant: string) =>
    rows.find((row) => row.variant === variant)?.figures.cpu_us_per_frame.median ?? Number.NaN;
  return {
    bench: "link",
    question: "what does a frame cost on a link, and what does batching save?",
    method:
      `Frames of 150 bytes, ${BURST} per turn of the event loop, one way, checked by count and ` +
      "checksum; CPU of both ends. naive: generated code, one frame per gRPC message over TCP · " +
      "batched: a link over TCP · unix: a link over a Unix socket · local: a link inside one " +
      "process. The receiver of the first three is a process of its own.",
    rows,
    derived: {
      batched_over_naive: cpu("naive") / cpu("batched"),
      unix_over_naive: cpu("naive") / cpu("unix"),
    },
    plots: {
      cpu: {
        kind: "bars",
        title: "What a frame costs on a link",
        axis: "CPU of both ends per frame (µs)",
        better: "lower",
        figures: { cpu_us_per_frame: "" },
      },
    },
  };
}
