import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { systemClock } from "../../lib/clock.js";
import { type SupervisorDeps, superviseServices } from "./supervisor.js";

/** Programs that stand in for services. */
const SERVES = `process.on("SIGTERM", () => { console.log("bye"); process.exit(0); });
  process.on("disconnect", () => process.exit(0)); process.send({ready: true});`;
const DEAF = `process.on("SIGTERM", () => {}); process.send({ready: true}); setInterval(() => {}, 1000);`;
const FAILS = `console.error("the port is taken"); process.exit(1);`;

describe("the supervisor", () => {
  it("is ready when all services are, and passes on what they print", async () => {
    const mesh = supervise({ a: `console.log("hello");${SERVES}`, b: SERVES });
    await mesh.supervisor.ready;
    await mesh.heard("a: hello");
    await mesh.supervisor.stop(5000);
  });

  it("starts a crashed service again", async () => {
    const mesh = supervise({ a: SERVES });
    await mesh.supervisor.ready;
    mesh.process("a").kill("SIGKILL");
    await mesh.heard("a is back");
    assert.ok(mesh.lines.some((line) => line.startsWith("a ended with signal SIGKILL")));
    await mesh.supervisor.stop(5000);
    assert.equal(mesh.process("a").exitCode, 0);
  });

  it("says which service did not start, and does not try it for ever", async () => {
    const mesh = supervise({ a: SERVES, b: FAILS });
    await assert.rejects(mesh.supervisor.ready, { message: "b did not start: exit code 1" });
    await mesh.heard("b: the port is taken");
    await mesh.supervisor.stop(5000);
  });

  it("stops in reverse order", async () => {
    const mesh = supervise({ a: SERVES, b: SERVES });
    await mesh.supervisor.ready;
    await mesh.supervisor.stop(5000);
    assert.deepEqual(mesh.lines, ["b: bye", "a: bye"]);
  });

  it("forces a service that does not end by itself", async () => {
    const mesh = supervise({ a: DEAF });
    await mesh.supervisor.ready;
    await mesh.supervisor.stop(50);
    assert.equal(mesh.process("a").signalCode, "SIGKILL");
  });

  it("ends all at once when asked to", async () => {
    const mesh = supervise({ a: DEAF });
    await mesh.supervisor.ready;
    const stopping = mesh.supervisor.stop(600_000);
    mesh.supervisor.kill();
    await stopping;
  });
});

function supervise(programs: Record<string, string>) {
  const lines: string[] = [];
  const news = new EventEmitter();
  const processes = new Map<string, ChildProcess>();
  const say = (text: string) => {
    lines.push(text);
    news.emit("line");
  };
  const deps: SupervisorDeps = {
    services: Object.keys(programs),
    clock: systemClock,
    spawn(service) {
      const child = spawn(process.execPath, ["-e", programs[service] ?? ""], {
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      });
      processes.set(service, child);
      return child;
    },
    line: (service, line) => say(`${service}: ${line}`),
    say,
    restart: { firstMs: 1, maxMs: 10, healthyMs: 1000 },
  };
  const supervisor = superviseServices(deps);
  return {
    supervisor,
    lines,
    process: (service: string) => processes.get(service) as ChildProcess,
    async heard(line: string) {
      while (!lines.includes(line)) await once(news, "line");
    },
  };
}
