import assert from "node:assert/strict";
import type { Module } from "../lib/module.js";
import { type Startable, startAll } from "./lifecycle.js";

function recorder() {
  const events: string[] = [];
  const startable = (name: string, extra: Partial<Module> = {}): Startable => ({
    name,
    async start() {
      events.push(`start ${name}`);
      return {
        async drain(delayMs) {
          events.push(`drain ${name} ${delayMs}`);
        },
        async stop() {
          events.push(`stop ${name}`);
        },
        ...extra,
      };
    },
  });
  const failing = (name: string, why: string): Startable => ({
    name,
    start: async () => {
      throw new Error(why);
    },
  });
  return { events, startable, failing };
}

describe("the lifecycle of the modules of a process", () => {
  it("starts in order, drains all, stops in reverse", async () => {
    const { events, startable } = recorder();
    const running = await startAll([startable("store"), startable("edge")]);
    await running.stop(250);
    assert.deepEqual(events, [
      "start store",
      "start edge",
      "drain store 250",
      "drain edge 250",
      "stop edge",
      "stop store",
    ]);
  });

  it("stops what had started, and names the module that failed and why", async () => {
    const { events, startable, failing } = recorder();
    const starting = startAll([
      startable("store"),
      failing("edge", "port 1 is taken"),
      startable("x"),
    ]);
    await assert.rejects(starting, {
      name: "StartError",
      message: "edge did not start: port 1 is taken",
    });
    assert.deepEqual(events, ["start store", "stop store"]);
  });

  it("stops the others when one cannot stop or drain, then says so", async () => {
    const { events, startable } = recorder();
    const broken: Partial<Module> = {
      drain: async () => Promise.reject(new Error("no")),
      stop: async () => Promise.reject(new Error("stuck")),
    };
    const running = await startAll([startable("store"), startable("edge", broken)]);
    await assert.rejects(running.stop(1), { message: "edge did not stop: stuck" });
    assert.deepEqual(events.at(-1), "stop store");
  });
});
