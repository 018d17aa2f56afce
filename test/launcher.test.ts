import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.js";

const MAIN = fileURLToPath(new URL("../app/main.js", import.meta.url));

describe("make run", function () {
  this.timeout(60_000);
  let directory: string;
  let mesh: ChildProcess;
  const lines: string[] = [];
  const news = new EventEmitter();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-run-"));
    mesh = spawn(process.execPath, [MAIN], {
      env: {
        ...process.env,
        CHAT_APP_DATA_DIRECTORY: directory,
        CHAT_GATEWAY_HTTP_PORT: String(await freePort()),
        CHAT_APP_DRAIN_MS: "10",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: mesh.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      lines.push(line);
      news.emit("line");
    });
  });
  after(async () => {
    mesh.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  });

  it("says where to connect once every service serves", async () => {
    await heard(/chatmesh is up .*ws:\/\/127\.0\.0\.1:\d+\/v1\/ws/);
    for (const service of [
      "auth",
      "receipts",
      "session",
      "group",
      "presence",
      "parser",
      "gateway",
    ]) {
      assert.ok(
        lines.some((line) => line.startsWith(service)),
        `no line of ${service}`,
      );
    }
  });

  it("starts a killed service again", async () => {
    const pid = lines.map((line) => /^receipts .*pid=(\d+)/.exec(line)?.[1]).find(Boolean);
    process.kill(Number(pid), "SIGKILL");
    await heard(/receipts ended with signal SIGKILL/);
    await heard(/receipts is back/);
  });

  it("stops everything, the edge first, and ends with 0", async () => {
    mesh.kill("SIGINT");
    const [code] = await once(mesh, "close");
    assert.equal(code, 0);
    const stopped = lines.filter((line) => / stopped( |$)/.test(line)).map((l) => l.split(" ")[0]);
    assert.deepEqual(
      [...new Set(stopped)],
      ["gateway", "parser", "presence", "group", "session", "receipts", "auth"],
    );
  });

  async function heard(pattern: RegExp): Promise<void> {
    while (!lines.some((line) => pattern.test(line))) await once(news, "line");
  }
});
