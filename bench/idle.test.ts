import assert from "node:assert/strict";
import { idleBench, idleBenchSizes } from "./idle.js";
import { figuresOf } from "./rig/report.js";

describe("the bench of idle devices", () => {
  it("reads the memory of every process with every device connected", async () => {
    const said: string[] = [];
    const figures = figuresOf(await idleBench(idleBenchSizes.smoke, (line) => said.push(line)));
    assert.ok(Number.isFinite(figures["idle.all.user_bytes_per_device"]));
    assert.equal(said.length, idleBenchSizes.smoke.devices.length);
    for (const line of said) assert.match(line, /all [1-9]\d+\.\d MiB/);
  });
});
