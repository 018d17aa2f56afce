import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { latencyBench, latencyBenchSizes } from "../latency.js";
import { closedLoop, connectPairs } from "../load/closed-loop.js";
import { pairsBench, pairsBenchSizes } from "../pairs.js";
import { residentBytes, slope } from "../rig/memory.js";
import { figuresOf } from "../rig/report.js";
import type { Say } from "../rig/rounds.js";
import { peerContenders } from "./contenders.js";
import { ejabberdSubject } from "./ejabberd.js";
import { peerIdleBench, peerIdleBenchSizes } from "./idle-bench.js";
import { prosodySubject } from "./prosody.js";

describe("the peers", () => {
  for (const [name, start] of Object.entries({ ejabberdSubject, prosodySubject })) {
    it(`carry messages and leave no process: ${name}`, async function () {
      this.timeout(60_000);
      const peer = await start();
      if ("skipped" in peer) {
        Object.assign(this.test as object, { skipReason: peer.skipped });
        return this.skip();
      }
      const pids = [...peer.processes.values()];
      try {
        const pairs = await connectPairs(peer, 2);
        const { fault, messages } = await closedLoop(peer, pairs, 2, 0.3);
        assert.equal(fault, "");
        assert.ok(messages > 0);
        for (const pair of pairs) pair.close();
      } finally {
        await peer.stop();
      }
      assert.deepEqual(
        pids.filter((pid) => existsSync(`/proc/${pid}`)),
        [],
      );
    });
  }

  const questions = {
    pairs: {
      bench: (say: Say) => pairsBench(pairsBenchSizes.smoke, peerContenders, say),
      figures: ["cpu_us_per_message", "messages_per_s"],
    },
    latency: {
      bench: (say: Say) => latencyBench(latencyBenchSizes.smoke, peerContenders, say),
      figures: ["p99_ms", "sent_p99_ms", "messages_per_s"],
    },
    idle: {
      bench: (say: Say) => peerIdleBench(peerIdleBenchSizes.smoke, say),
      figures: ["bytes_per_device"],
    },
  };
  for (const [question, { bench, figures }] of Object.entries(questions)) {
    it(`give their figures in the smoke size of a bench: ${question}`, async function () {
      this.timeout(60_000);
      const said: string[] = [];
      const report = await bench((line) => said.push(line));
      const skipped = said.filter((line) => line.startsWith("SKIPPED"));
      if (!report || skipped.length > 0) {
        Object.assign(this.test as object, { skipReason: skipped.join("; ") });
        return this.skip();
      }
      const found = Object.keys(figuresOf(report));
      for (const name of ["ejabberd", "prosody"]) {
        for (const figure of figures)
          assert.ok(found.includes(`peer.${name}.${question}.${figure}`));
      }
    });
  }
});

describe("the memory of idle devices", () => {
  it("is the slope of a line, whatever the server takes without devices", () => {
    const points = [500, 1000, 5000].map((x) => [x, 1e6 + 4096 * x] as const);
    assert.ok(Math.abs(slope(points) - 4096) < 1e-6);
    assert.ok(residentBytes([process.pid]) > 1e6);
  });
});
