import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

describe("the launcher", function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "chatmesh-app-"));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("explains itself", async () => {
    const { code, out } = await launch(["--help"]);
    assert.equal(code, 0);
    for (const word of ["--target", "--print-config", "mesh", "all", "gateway", "Exit codes"]) {
      assert.ok(out.includes(word), `no ${word} in ${out}`);
    }
  });

  it("says in one line what is wrong with the command line, and ends with 2", async () => {
    for (const args of [["--target=nothing"], ["--target=auth,"], ["--wrong"], ["word"]]) {
      const { code, err } = await launch(args);
      assert.equal(code, 2, err);
      assert.equal(err.trim().split("\n").length, 1, err);
    }
  });

  it("says in one line which variable is wrong and what is accepted, and ends with 2", async () => {
    const wrong = {
      CHAT_APP_DRAIN_MS: "soon",
      CHAT_APP_LOG_LEVEL: "loud",
      CHAT_APP_DATA_DIRECTORY: "x".repeat(200),
      CHAT_SESSION_LISTEN: "nowhere",
      CHAT_AUTH_DEVICES_MAX_COUNT: "0",
    };
    for (const [name, value] of Object.entries(wrong)) {
      for (const target of name.startsWith("CHAT_APP") ? ["all"] : ["mesh"]) {
        const { code, err } = await launch([`--target=${target}`], { [name]: value });
        assert.equal(code, 2, err);
        assert.equal(err.trim().split("\n").length, 1, err);
        assert.ok(err.startsWith(`${name}=${value}: `), err);
      }
    }
  });

  it("prints every variable of what it would run, with defaults that fit together", async () => {
    const mesh = await launch(["--print-config"], { CHAT_APP_DATA_DIRECTORY: "/var/lib/chat" });
    assert.equal(mesh.code, 0, mesh.err);
    assert.match(mesh.out, /^CHAT_APP_DATA_DIRECTORY=\/var\/lib\/chat$/m);
    assert.match(mesh.out, /^CHAT_SESSION_DIRECTORY=\/var\/lib\/chat\/session$/m);
    assert.match(mesh.out, /^CHAT_SESSION_AUTH=unix:\/var\/lib\/chat\/run\/auth.sock$/m);
    const all = await launch(["--print-config", "--target=all"]);
    assert.match(all.out, /^CHAT_SESSION_AUTH=local:auth$/m);
    const auth = await launch(["--print-config", "--target=auth"]);
    assert.doesNotMatch(auth.out, /CHAT_SESSION/);
    for (const line of mesh.out.split("\n")) assert.match(line, /^(# .+|CHAT_[A-Z0-9_]+=.*|)$/);
  });

  it("names the module that did not start and why, and ends with 1", async () => {
    const { code, err } = await launch(["--target=auth"], {
      CHAT_AUTH_DIRECTORY: "/dev/null/here",
      CHAT_APP_DATA_DIRECTORY: directory,
    });
    assert.equal(code, 1, err);
    assert.match(err, /^auth did not start: \S/m);
  });

  it("says in one line that its data directory cannot be made, and ends with 1", async () => {
    // In /proc the recursive mkdir of Node 20 never ended, and no signal was heard meanwhile.
    for (const place of [
      "/dev/null/here",
      ...(existsSync("/proc/self") ? ["/proc/no/where"] : []),
    ]) {
      const { code, err } = await launch(["--target=auth"], { CHAT_APP_DATA_DIRECTORY: place });
      assert.equal(code, 1, err);
      assert.match(err, /^no directory for sockets: .*\n$/);
    }
  });

  it("lets nobody else into the directories it makes", async () => {
    const place = join(directory, "new");
    const service = start(["--target=receipts"], { CHAT_APP_DATA_DIRECTORY: place });
    await once(service, "message");
    service.kill("SIGTERM");
    await once(service, "close");
    for (const name of ["", "run", "receipts"]) {
      assert.equal((await stat(join(place, name))).mode & 0o777, 0o700, name);
    }
  });

  it("runs one service until it is asked to stop, then ends with 0", async () => {
    const service = start(["--target=auth"], { CHAT_APP_DATA_DIRECTORY: directory });
    await once(service, "message");
    service.kill("SIGTERM");
    const [code] = await once(service, "close");
    assert.equal(code, 0);
  });

  it("ends when it is asked to although its start hangs in the kernel", async () => {
    const place = join(directory, "hangs");
    await mkdir(place);
    // Opening it for reading waits for a writer.
    execFileSync("mkfifo", [join(place, "000001.log")]);
    const env = { CHAT_AUTH_DIRECTORY: place, CHAT_APP_DATA_DIRECTORY: directory };
    const service = start(["--target=auth"], { ...env, CHAT_APP_STOP_MS: "100" });
    const ended = once(service, "exit");
    service.disconnect();
    const [said] = (await once(service.stdout as Readable, "data")) as [Buffer];
    assert.match(said.toString(), /did not stop in time/);
    assert.equal((await ended)[1], "SIGKILL");
  });

  it("tells its peers the name it was given: one of several of its kind", async () => {
    const env = { CHAT_APP_DATA_DIRECTORY: directory };
    const session = start(["--target=session"], env);
    const parser = start(["--target=parser"], { ...env, CHAT_APP_INSTANCE: "parser-7" });
    for await (const said of session.stdout as Readable) {
      if (`${said}`.includes("accept parser-7")) break;
    }
    for (const child of [parser, session]) {
      child.disconnect();
      await once(child, "exit");
    }
  });

  it("does not outlive its supervisor", async () => {
    const service = start(["--target=auth"], { CHAT_APP_DATA_DIRECTORY: directory });
    await once(service, "message");
    service.disconnect();
    const [code] = await once(service, "exit");
    assert.equal(code, 0);
  });
});

function start(args: readonly string[], env: Record<string, string> = {}) {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("CHAT_"));
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(clean), ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  return child;
}

async function launch(args: readonly string[], env: Record<string, string> = {}) {
  const child = start(args, env);
  const closed = once(child, "close");
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error("no output");
  const [out, err] = await Promise.all([text(stdout), text(stderr)]);
  const [code] = await closed;
  return { code: code as number, out, err };
}
