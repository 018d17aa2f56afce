import assert from "node:assert/strict";
import { AuthService } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../errors.js";
import type { CallContext, Handlers, RpcClient, RpcServer } from "./network.js";
import { networkOf, type Transport } from "./network.suite.js";

type Auth = AuthService;

/** Handlers of which a test states only those it needs; the others are never called. */
function auth(some: Partial<Handlers<Auth>>): Handlers<Auth> {
  const never = () => {
    throw new Error("not expected here");
  };
  const all: Record<string, unknown> = {};
  for (const name of Object.keys(AuthService)) all[name] = never;
  return { ...all, ...some } as Handlers<Auth>;
}

const failsWith = (reason: ErrorReason, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RpcError, String(error));
  assert.equal(error.reason, reason, error.message);
  assert.match(error.message, message);
  return true;
};

/** What holds for unary and server-streaming calls on every transport. */
export const callSuite = (transport: Transport) =>
  describe(`a call over ${transport.name}`, () => {
    let server: RpcServer;
    let client: RpcClient<Auth>;

    async function serve(some: Partial<Handlers<Auth>>): Promise<void> {
      const near = networkOf("gateway-1", "gw_near");
      const far = transport.oneNetwork ? near : networkOf("auth-1", "bt_far");
      server = far.server(await transport.newAddress());
      server.service(AuthService, auth(some));
      await server.start();
      client = near.client(server.address, AuthService, { deadlineMs: 4_000 });
    }

    afterEach(async () => {
      client.close();
      await server.stop();
    });

    it("answers", async () => {
      await serve({
        getUsers: async ({ users }) => ({ users: users.map((user) => ({ user, name: "n" })) }),
      });
      const answer = await client.getUsers({ users: ["us_a", "us_b"] });
      assert.deepEqual(
        answer.users.map((u) => u.user),
        ["us_a", "us_b"],
      );
    });

    it("fails with the reason, the sentence and the delay the handler gave", async () => {
      await serve({
        login: async () => {
          throw new RpcError(ErrorReason.RATE_LIMITED, "Too many attempts: 3.", 1234);
        },
        lookUpUser: async () => {
          throw new RpcError(ErrorReason.NOT_FOUND, "No such user.");
        },
      });
      const request = { name: "n", password: "p", deviceName: "", address: "" };
      await assert.rejects(client.login(request), (error: RpcError) => {
        assert.equal(error.retryAfterMs, 1234);
        return failsWith(ErrorReason.RATE_LIMITED, /^Too many attempts: 3\.$/)(error);
      });
      await assert.rejects(
        client.lookUpUser({ name: "n", caller: "us_a" }),
        failsWith(ErrorReason.NOT_FOUND, /^No such user\.$/),
      );
    });

    it("hides the text of an unexpected failure", async () => {
      await serve({
        getKeys: () => {
          throw new Error("secret path /var/keys");
        },
      });
      await assert.rejects(client.getKeys({}), failsWith(ErrorReason.INTERNAL, /^internal error$/));
    });

    it("gives up when the deadline has passed, and tells the handler", async () => {
      let told: () => void = () => undefined;
      const handlerTold = new Promise<void>((resolve) => (told = resolve));
      await serve({
        getUsers: async () => ({ users: [] }),
        getKeys: (_request, { signal }: CallContext) =>
          new Promise(() => signal.addEventListener("abort", () => told())),
      });
      // Connects first: the deadline must not pass before the handler is called.
      await client.getUsers({ users: [] });
      await assert.rejects(
        client.getKeys({}, { deadlineMs: 300 }),
        failsWith(ErrorReason.BUSY, /the deadline has passed/),
      );
      await handlerTold;
    });

    it("gives up when the caller says so, and tells the handler", async () => {
      let told: () => void = () => undefined;
      const handlerTold = new Promise<void>((resolve) => (told = resolve));
      const giveUp = new AbortController();
      await serve({
        getKeys: (_request, { signal }: CallContext) => {
          signal.addEventListener("abort", () => told());
          giveUp.abort();
          return new Promise(() => undefined);
        },
      });
      await assert.rejects(
        client.getKeys({}, { signal: giveUp.signal }),
        failsWith(ErrorReason.BUSY, /given up/),
      );
      await handlerTold;
      await assert.rejects(
        client.getKeys({}, { signal: giveUp.signal }),
        failsWith(ErrorReason.BUSY, /given up/),
      );
    });

    it("may share a signal with many others: all of them are given up, and Node sees no leak", async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning);
      process.on("warning", onWarning);
      const giveUp = new AbortController();
      let running = 0;
      let allRun: () => void = () => undefined;
      const all = new Promise<void>((resolve) => (allRun = resolve));
      await serve({
        getKeys: () => {
          if (++running === 30) allRun();
          return new Promise(() => undefined);
        },
      });
      const calls = Array.from({ length: 30 }, () =>
        client.getKeys({}, { signal: giveUp.signal }).catch((error: RpcError) => error.message),
      );
      await all;
      giveUp.abort();
      assert.deepEqual(await Promise.all(calls), Array(30).fill("the call was given up"));
      process.off("warning", onWarning);
      assert.deepEqual(warnings, []);
    });

    it("is BUSY when nobody has come until the deadline", async () => {
      await serve({});
      await server.stop();
      await assert.rejects(
        client.getKeys({}, { deadlineMs: 50 }),
        failsWith(ErrorReason.BUSY, /the deadline has passed/),
      );
    });

    it("waits for a server that is about to start", async () => {
      const near = networkOf("gateway-1", "gw_near");
      const far = transport.oneNetwork ? near : networkOf("auth-1", "bt_far");
      const address = await transport.newAddress();
      client = near.client(address, AuthService, { deadlineMs: 4_000 });
      const answer = client.getKeys({});
      server = far.server(address);
      server.service(AuthService, auth({ getKeys: async () => ({ jwksJson: "here" }) }));
      await server.start();
      assert.equal((await answer).jwksJson, "here");
    });

    it("streams answers in order and ends", async () => {
      await serve({
        async *watchRevocations() {
          for (let i = 0; i < 100; i++)
            yield { revocations: [{ user: `us_${i}`, device: "", atUnixMs: i }] };
        },
      });
      const users: string[] = [];
      for await (const { revocations } of client.watchRevocations({})) {
        users.push(...revocations.map((r) => r.user));
      }
      assert.deepEqual(
        users,
        Array.from({ length: 100 }, (_, i) => `us_${i}`),
      );
    });

    it("ends the handler of a stream whose reader leaves", async () => {
      let left: () => void = () => undefined;
      const handlerLeft = new Promise<void>((resolve) => (left = resolve));
      await serve({
        async *watchRevocations(_request, { signal }) {
          try {
            yield { revocations: [] };
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
          } finally {
            left();
          }
        },
      });
      for await (const _answer of client.watchRevocations({})) break;
      await handlerLeft;
    });

    it("fails a stream as its handler fails", async () => {
      await serve({
        async *watchRevocations() {
          yield { revocations: [] };
          throw new RpcError(ErrorReason.UNAUTHENTICATED, "Log in again.");
        },
      });
      await assert.rejects(
        async () => {
          for await (const _answer of client.watchRevocations({}));
        },
        failsWith(ErrorReason.UNAUTHENTICATED, /^Log in again\.$/),
      );
    });

    it("ends open streams with BUSY when the server stops", async () => {
      await serve({
        async *watchRevocations() {
          yield { revocations: [] };
          await new Promise(() => undefined);
        },
      });
      let stopped: Promise<void> | undefined;
      await assert.rejects(
        async () => {
          for await (const _answer of client.watchRevocations({})) stopped = server.stop();
        },
        failsWith(ErrorReason.BUSY, /./),
      );
      await stopped;
    });

    it("lets unary calls that run finish when the server stops", async () => {
      let stopped: Promise<void> | undefined;
      await serve({
        getKeys: async () => {
          stopped = server.stop();
          await new Promise((resolve) => setImmediate(resolve));
          return { jwksJson: "done" };
        },
      });
      assert.equal((await client.getKeys({})).jwksJson, "done");
      await stopped;
    });
  });
