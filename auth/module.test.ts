import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { systemClock } from "../lib/clock.js";
import { silentLogger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import type { Network, RpcClient } from "../lib/rpc/network.js";
import { StoreError } from "../lib/store/kv.js";
import { createVerifier } from "../lib/token.js";
import { readAuthConfig } from "./config.js";
import { startAuth } from "./module.js";
import { refused, unlimited } from "./testing/service.js";

type Client = RpcClient<typeof AuthService>;

const quickHashes = {
  CHAT_AUTH_ARGON2_MEMORY_KIB: "1024",
  CHAT_AUTH_ARGON2_PASSES_COUNT: "1",
};
const account = { name: "anna", password: "correct horse", deviceName: "phone", address: "" };

/** The module as a process has it, and a client of it. */
interface Running {
  readonly module: Module;
  readonly client: Client;
  stop(): Promise<void>;
}

function newNetwork(): Network {
  const deps = { instance: "auth-1", boot: "bt_test", clock: systemClock, log: silentLogger };
  return createNetwork(deps);
}

async function run(listen: string, directory: string): Promise<Running> {
  const network = newNetwork();
  const config = readAuthConfig({
    ...unlimited,
    ...quickHashes,
    CHAT_AUTH_LISTEN: listen,
    CHAT_AUTH_DIRECTORY: directory,
  });
  const deps = { config, network, clock: systemClock, log: silentLogger, boot: "bt_test" };
  const module = await startAuth(deps);
  const client = network.client(listen, AuthService, { deadlineMs: 5000 });
  return {
    module,
    client,
    async stop() {
      client.close();
      await module.stop();
    },
  };
}

async function registered(client: Client) {
  const { tokens } = await client.register(account);
  if (tokens === undefined) throw new Error("no tokens");
  return tokens;
}

/** What the tests of one address share. */
interface Place {
  readonly directory: string;
  running: Running;
  restart(): Promise<void>;
}

function describeModule(title: string, listen: (directory: string) => string): void {
  describe(`auth on ${title}`, () => {
    let place: Place;
    beforeEach(async () => {
      const directory = await mkdtemp(join(tmpdir(), "auth-"));
      const start = () => run(listen(directory), join(directory, "data"));
      place = {
        directory,
        running: await start(),
        async restart() {
          await place.running.stop();
          place.running = await start();
        },
      };
    });
    afterEach(async () => {
      await place.running.stop();
      await rm(place.directory, { recursive: true });
    });

    servesClients(() => place.running.client);
    startsAndStops(() => place);
  });
}

function servesClients(clientNow: () => Client): void {
  it("serves the whole life of a device", async () => {
    const client = clientNow();
    const first = await registered(client);
    const { tokens: second } = await client.login({ ...account, deviceName: "laptop" });
    const { tokens: third } = await client.refresh({ refreshToken: first.refreshToken });
    const { jwksJson } = await client.getKeys({});
    const verifier = createVerifier({ clock: systemClock, keys: async () => jwksJson });
    // The verifier takes the keys in before this iteration of the event loop ends.
    await new Promise((resolve) => setImmediate(resolve));
    const verified = verifier.verify(third?.accessToken ?? "");
    deepEqual([verified.user, verified.device], [first.user, first.device]);
    const found = await client.lookUpUser({ name: "ANNA", caller: first.user });
    deepEqual(found, { user: first.user, name: "anna" });
    deepEqual((await client.getUsers({ users: [first.user] })).users, [found]);
    await client.revokeDevice({ user: first.user, device: second?.device ?? "" });
    const { devices } = await client.listDevices({ user: first.user });
    deepEqual(
      devices.map(({ device }) => device),
      [first.device],
    );
    const refreshToken = second?.refreshToken ?? "";
    await refused(client.refresh({ refreshToken }), ErrorReason.UNAUTHENTICATED);
    await refused(client.register(account), ErrorReason.ALREADY_EXISTS);
  });

  it("tells a watcher of what was revoked before and what is revoked now", async () => {
    const client = clientNow();
    const first = await registered(client);
    const { tokens: second } = await client.login(account);
    await client.revokeDevice({ user: first.user, device: first.device });
    const caller = new AbortController();
    const told: string[] = [];
    const watching = client.watchRevocations({}, { signal: caller.signal });
    for await (const { revocations } of watching) {
      told.push(...revocations.map(({ device }) => device));
      if (told.length === 2) break;
      if (told.length === 1) {
        await client.revokeDevice({ user: first.user, device: second?.device ?? "" });
      }
    }
    deepEqual(told, [first.device, second?.device]);
    caller.abort();
  });
}

function startsAndStops(placeNow: () => Place): void {
  it("keeps accounts, keys, devices, refresh tokens and revocations over a restart", async () => {
    const place = placeNow();
    const before = place.running.client;
    const first = await registered(before);
    const { tokens: gone } = await before.login(account);
    await before.revokeDevice({ user: first.user, device: gone?.device ?? "" });
    const { jwksJson } = await before.getKeys({});
    await place.restart();
    const { client } = place.running;
    equal((await client.getKeys({})).jwksJson, jwksJson);
    const { tokens } = await client.refresh({ refreshToken: first.refreshToken });
    equal(tokens?.device, first.device);
    await client.login(account);
    for await (const { revocations } of client.watchRevocations({})) {
      equal(revocations[0]?.device, gone?.device);
      break;
    }
  });

  it("keeps its directory to itself", async () => {
    const { mode } = await stat(join(placeNow().directory, "data"));
    equal(mode & 0o077, 0);
  });

  it("ends its watchers when it stops", async () => {
    const { running } = placeNow();
    const stream = running.client.watchRevocations({})[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next().then(
      ({ done }) => done === true,
      () => true,
    );
    await running.module.stop();
    equal(await next, true);
  });

  it("refuses a directory that another has open, with one sentence, and leaves it be", async () => {
    const { directory, running } = placeNow();
    const second = run("local:auth-2", join(directory, "data"));
    await rejects(second, (error) => {
      equal(error instanceof StoreError && error.failure === "locked", true, String(error));
      return true;
    });
    await registered(running.client);
  });
}

describeModule("a local address", () => "local:auth");
describeModule("a unix socket", (directory) => `unix:${join(directory, "auth.sock")}`);

describe("auth on an address that cannot be used", () => {
  it("rejects and frees its store", async () => {
    const directory = await mkdtemp(join(tmpdir(), "auth-"));
    const data = join(directory, "data");
    const file = join(directory, "a-file");
    await writeFile(file, "");
    await rejects(run(`unix:${file}`, data), /cannot listen on/);
    const running = await run("local:auth", data);
    await running.stop();
    await rm(directory, { recursive: true });
  });
});
