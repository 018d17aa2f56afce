import assert from "node:assert/strict";
import { GatewayBatch } from "../gen/chat/parser/v1/parser.js";
import { linkBench, linkBenchSizes } from "./link.js";
import { checksumOf, messages, objectOf } from "./link-frames.js";
import { figuresOf } from "./rig/report.js";

describe("bench link", () => {
  it("gives every figure in its smoke size, with all frames counted", async () => {
    const figures = figuresOf(await linkBench(linkBenchSizes.smoke, () => {}));
    const variants = ["naive", "batched", "unix", "local"];
    const names = variants.flatMap((v) => [`link.${v}.cpu_us_per_frame`, `link.${v}.frames_per_s`]);
    assert.deepEqual(
      Object.keys(figures).sort(),
      [...names, "link.batched_over_naive", "link.unix_over_naive"].sort(),
    );
    for (const [name, value] of Object.entries(figures)) assert.ok(value > 0, name);
  });

  it("sends frames of 150 bytes, the same in every run", () => {
    const pool = messages();
    for (const message of pool.slice(0, 20)) {
      const { length } = GatewayBatch.encode({ frames: [objectOf(message)] }).finish();
      assert.ok(length >= 148 && length <= 156, String(length));
    }
    assert.equal(checksumOf(pool, 5000), checksumOf(messages(), 5000));
    assert.notEqual(checksumOf(pool, 5000), checksumOf(pool, 4999));
  });
});
