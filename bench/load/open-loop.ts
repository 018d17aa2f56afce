import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { ownCpuUs } from "../rig/cpu.js";
import { seededRandom } from "../rig/random.js";
import { settled } from "./closed-loop.js";
import type { LoadPair } from "./subject.js";

/** When messages are sent, whatever the server does. */
export interface OpenLoopLoad {
  readonly perS: number;
  readonly seconds: number;
}

export interface OpenLoopResult {
  /** From the time a message was to be sent until its author saw the last tick. */
  readonly read: Latency;
  /** The same until the ✓. */
  readonly sent: Latency;
  /** How late the generator was itself; part of the other two. */
  readonly late: Latency;
  readonly messages: number;
  readonly generatorShare: number;
  /** Why the result must not be used; empty when it may. */
  readonly fault: string;
}

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Smallest time that timers keep; due messages go out in groups this far apart. */
const TICK_MS = 1;

/**
 * Sends messages at random times, `perS` of them per second on average (a Poisson process, the same
 * in every run), by the pairs in turn. What is late, is measured from when it was to be sent: a
 * server that stalls is charged for all that should have happened meanwhile.
 */
export async function openLoop(
  pairs: readonly LoadPair[],
  { perS, seconds }: OpenLoopLoad,
): Promise<OpenLoopResult> {
  const [read, sent, late] = [createHistogram(), createHistogram(), createHistogram()];
  let broken = "";
  for (const pair of pairs) {
    pair.onBroken = (why) => {
      broken = why;
    };
    pair.onSent = (ms) => record(sent, ms);
    pair.onRead = (ms) => record(read, ms);
  }
  const startedMs = performance.now();
  const cpuBefore = ownCpuUs();
  const messages = await sendAll(pairs, timesOf(startedMs, perS, seconds), late);
  const elapsedMs = performance.now() - startedMs;
  const generatorShare = (ownCpuUs() - cpuBefore) / 1000 / elapsedMs;
  const rest = await settled(pairs);
  for (const pair of pairs) pair.onSent = () => {};
  const fault = broken || rest || (read.count === messages ? "" : `${read.count} of ${messages}`);
  const latencies = { read: latencyOf(read), sent: latencyOf(sent), late: latencyOf(late) };
  return { ...latencies, messages, generatorShare, fault };
}

/** The times at which messages are to be sent; the first at once. */
function* timesOf(startMs: number, perS: number, seconds: number): Generator<number> {
  const random = seededRandom(1);
  const next = () => (-Math.log(1 - random()) * 1000) / perS;
  const endMs = startMs + seconds * 1000;
  for (let atMs = startMs; atMs < endMs; atMs += next()) yield atMs;
}

/** Resolves with their number when all have been sent. */
function sendAll(
  pairs: readonly LoadPair[],
  times: Iterator<number>,
  late: RecordableHistogram,
): Promise<number> {
  return new Promise((resolve) => {
    let messages = 0;
    let next = times.next();
    const send = () => {
      const nowMs = performance.now();
      while (!next.done && next.value <= nowMs) {
        record(late, nowMs - next.value);
        pairs[messages++ % pairs.length]?.send(next.value);
        next = times.next();
      }
      if (next.done) resolve(messages);
      else setTimeout(send, TICK_MS);
    };
    send();
  });
}

/** Histograms count whole microseconds, from one. */
function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1000)));
}

function latencyOf(histogram: RecordableHistogram): Latency {
  const ms = (percentile: number) => histogram.percentile(percentile) / 1000;
  return { p50: ms(50), p99: ms(99), p999: ms(99.9), max: histogram.max / 1000 };
}
