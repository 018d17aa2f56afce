import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RpcServer } from "./network.js";
import { networkOf } from "./network.suite.js";

describe("listening", () => {
  const started: RpcServer[] = [];
  let directory: string;

  async function start(address: string): Promise<RpcServer> {
    const server = networkOf("parser-1", "bt_1").server(address);
    await server.start();
    started.push(server);
    return server;
  }

  const refused = (address: string, message: RegExp) =>
    assert.rejects(networkOf("parser-1", "bt_2").server(address).start(), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "cm-"));
  });

  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
    await rm(directory, { recursive: true });
  });

  it("tells the port that was bound when 0 was asked for", async () => {
    const { address } = await start("127.0.0.1:0");
    assert.match(address, /^127\.0\.0\.1:[1-9]\d+$/);
  });

  it("says so when another process has the port", async () => {
    const { address } = await start("127.0.0.1:0");
    await refused(address, /^cannot listen on 127\.0\.0\.1:\d+: another process listens there$/);
  });

  it("says so when another process has the socket, and leaves it alone", async () => {
    const { address } = await start(`unix:${join(directory, "a.sock")}`);
    await refused(address, /^cannot listen on unix:.*a\.sock: another process listens there$/);
    assert.ok(existsSync(join(directory, "a.sock")));
  });

  it("removes the socket of a process that was killed", async () => {
    const path = join(directory, "dead.sock");
    const killed = '() => process.kill(process.pid, "SIGKILL")';
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, ${killed})`;
    spawnSync(process.execPath, ["-e", script]);
    assert.ok(existsSync(path));
    await start(`unix:${path}`);
  });

  it("frees the socket file when it stops", async () => {
    const path = join(directory, "a.sock");
    const server = networkOf("parser-1", "bt_1").server(`unix:${path}`);
    await server.start();
    await server.stop();
    assert.ok(!existsSync(path));
  });

  it("does not remove a file that is no socket", async () => {
    const path = join(directory, "file");
    await writeFile(path, "precious");
    await refused(`unix:${path}`, /there is a file that is not a socket$/);
    assert.ok(existsSync(path));
  });

  it("says what is wrong with a directory or a path", async () => {
    await refused(`unix:${join(directory, "no", "a.sock")}`, /its directory does not exist$/);
    const long = join(directory, "x".repeat(120));
    await refused(`unix:${long}`, /the path is longer than 103 bytes/);
  });

  it("says so when the machine does not have the address", async () => {
    await refused("192.0.2.1:5000", /this machine does not have that address$/);
  });

  it("refuses a local address that is served already", async () => {
    const network = networkOf("all-1", "bt_1");
    await network.server("local:a").start();
    await assert.rejects(network.server("local:a").start(), /^Error: cannot serve local:a: it is/);
  });

  it("refuses what is no address", () => {
    for (const bad of ["nowhere", "host:", "host:99999", "local:", "unix:", ":80"]) {
      assert.throws(() => networkOf("a", "b").server(bad), /is no address: expected local:<name>/);
    }
  });
});
