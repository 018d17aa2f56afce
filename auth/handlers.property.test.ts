import { equal } from "node:assert/strict";
import fc from "fast-check";
import { RpcError } from "../lib/errors.js";
import { newId } from "../lib/ids.js";
import { patient, registerAs, startTestService, type TestService } from "./testing/service.js";

describe("any request at all", () => {
  let service: TestService;
  before(async () => {
    service = await startTestService();
    await registerAs(service, "anna");
  });
  after(() => service.stop());

  const odd = ["", "anna", "ANNA", "__proto__", "constructor", "\u0000", "\ud800", "💥", "a/b"];
  const ids = [newId("us"), newId("dv"), `us_${"/".repeat(16)}`, "us_0123456789abcde\u0000"];
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.constantFrom(...odd, ...ids),
    fc.string({ minLength: 64, maxLength: 64 }),
  );

  const requests: Record<string, fc.Arbitrary<object>> = {
    register: fc.record({ name: text, password: text, deviceName: text, address: text }),
    login: fc.record({ name: text, password: text, deviceName: text, address: text }),
    refresh: fc.record({ refreshToken: text }),
    listDevices: fc.record({ user: text }),
    revokeDevice: fc.record({ user: text, device: text }),
    lookUpUser: fc.record({ name: text, caller: text }),
    getUsers: fc.record({ users: fc.array(text, { maxLength: 120 }) }),
  };

  for (const [rpc, request] of Object.entries(requests)) {
    it(`gets an answer or an RpcError from ${rpc}, and nothing of INTERNAL`, async () => {
      type Call = (request: object, context: typeof patient) => Promise<unknown>;
      const call = service.handlers[rpc as keyof typeof service.handlers] as Call;
      await fc.assert(
        fc.asyncProperty(request, async (value) => {
          const outcome = await call(value, patient).catch((error: unknown) => error);
          if (!(outcome instanceof Error)) return;
          equal(outcome instanceof RpcError, true, String(outcome));
          equal(outcome.message.startsWith("something went wrong"), false);
        }),
        { numRuns: 200 },
      );
    });
  }

  it("left the account that was there as it was", async () => {
    const { users } = await service.handlers.getUsers({ users: [newId("us")] }, patient);
    equal(users.length, 0);
    const login = { name: "anna", password: "correct horse", deviceName: "", address: "" };
    equal((await service.handlers.login(login, patient)).tokens !== undefined, true);
  });
});
