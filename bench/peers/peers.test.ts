import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { closedLoop, connectPairs } from "../load/closed-loop.js";
import { residentBytes, slope } from "../rig/memory.js";
import { figuresOf } from "../rig/report.js";
import { spreadOf } from "../rig/stats.js";
import { ejabberdSubject } from "./ejabberd.js";
import { peersBench, peersBenchSizes, refuseBusyGenerator } from "./peers.js";
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

  it("are not measured by a generator that is the limit itself, as the floor may be", () => {
    const row = (variant: string, cores: number) => ({
      variant,
      figures: { generator_cores: spreadOf([cores]) },
    });
    refuseBusyGenerator([row("floor.pairs", 0.95), row("ejabberd.pairs", 0.4)]);
    assert.throws(() => refuseBusyGenerator([row("ejabberd.pairs", 0.81)]), /ejabberd\.pairs/);
  });

  it("give every figure in the smoke size of their bench, when they are installed", async function () {
    this.timeout(120_000);
    const skipped: string[] = [];
    const report = await peersBench(peersBenchSizes.smoke, (line) => skipped.push(line));
    if (!report || skipped.length > 0) {
      Object.assign(this.test as object, { skipReason: skipped.join("; ") });
      return this.skip();
    }
    const figures = figuresOf(report);
    for (const name of ["ejabberd", "prosody"]) {
      for (const question of ["pairs", "pairs200"]) {
        const messages = figures[`peer.${name}.${question}.messages_per_s`] ?? 0;
        assert.ok(messages > 0, `${name}.${question}`);
        assert.ok(`peer.${name}.${question}.cpu_us_per_message` in figures);
      }
      assert.ok(`peer.${name}.idle.bytes_per_device` in figures);
    }
  });
});

describe("the memory of idle devices", () => {
  it("is the slope of a line, whatever the server takes without devices", () => {
    const points = [500, 1000, 5000].map((x) => [x, 1e6 + 4096 * x] as const);
    assert.ok(Math.abs(slope(points) - 4096) < 1e-6);
    assert.ok(residentBytes([process.pid]) > 1e6);
  });
});
