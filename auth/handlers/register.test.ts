import { deepEqual, equal, match } from "node:assert/strict";
import type { RegisterRequest } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import {
  logInAs,
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

const good: RegisterRequest = {
  name: "anna",
  password: "correct horse",
  deviceName: "phone",
  address: "",
};

describe("Register", () => {
  let service: TestService;
  const register = (changes: Partial<RegisterRequest>) =>
    service.handlers.register({ ...good, ...changes }, patient);

  beforeEach(async () => {
    service = await startTestService();
  });
  afterEach(() => service.stop());

  it("gives tokens of a new user and his first device", async () => {
    const tokens = await registerAs(service, "anna");
    match(tokens.user, /^us_[0-9a-z]{16}$/);
    match(tokens.device, /^dv_[0-9a-z]{16}$/);
    equal(tokens.accessExpiresUnixMs, service.clock.wallMs() + 600_000);
    equal(tokens.refreshExpiresUnixMs, service.clock.wallMs() + 5_184_000_000);
    const verified = await service.verifier.verify(tokens.accessToken);
    deepEqual(
      { ...verified },
      { user: tokens.user, device: tokens.device, expiresMs: tokens.accessExpiresUnixMs },
    );
  });

  it("lowers upper case, in names only", async () => {
    const { tokens } = await register({ name: "Anna.B-1_x" });
    const { users } = await service.handlers.getUsers({ users: [tokens?.user ?? ""] }, patient);
    deepEqual(users, [{ user: tokens?.user, name: "anna.b-1_x" }]);
    await refused(register({ name: "ANNA.B-1_X" }), ErrorReason.ALREADY_EXISTS);
  });

  it("gives a name to exactly one of many who ask for it at the same time", async () => {
    const calls = ["anna", "Anna", "ANNA", "anna"].map((name) => register({ name }));
    const outcomes = await Promise.allSettled(calls);
    equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const [at, { status }] of outcomes.entries()) {
      const call = calls[at] as Promise<unknown>;
      if (status === "rejected") await refused(call, ErrorReason.ALREADY_EXISTS);
    }
    await logInAs(service, "anna");
  });

  it("does not hash a password for a name that is taken", async () => {
    await registerAs(service, "anna");
    const { hashed } = service.hashes;
    await refused(register({}), ErrorReason.ALREADY_EXISTS);
    equal(service.hashes.hashed, hashed);
  });

  const names = [
    ...["", "ab", "a".repeat(33), "1abc", ".abc", "a b c", "änna", "anna\n", "anna\u0000"],
    // The Kelvin sign and the dotted capital I become ASCII letters when they are lowered.
    ...["an\u212Aa", "\u0130anna", "an/a", "__proto__", "anna@x"],
  ];
  for (const name of names) {
    it(`refuses the name ${JSON.stringify(name)}`, () =>
      refused(register({ name }), ErrorReason.INVALID).then(() => undefined));
  }

  it("accepts names of 3 and of 32 characters", async () => {
    await register({ name: "abc" });
    await register({ name: "a".repeat(32) });
  });

  it("counts characters of passwords and device names, not bytes", async () => {
    await register({ name: "eight", password: "🔑".repeat(8), deviceName: "📱".repeat(64) });
    await register({ name: "many", password: "🔑".repeat(128) });
    await refused(register({ password: "🔑".repeat(7) }), ErrorReason.INVALID);
    await refused(register({ password: "🔑".repeat(129) }), ErrorReason.INVALID);
    await refused(register({ password: "x".repeat(10_000_000) }), ErrorReason.INVALID);
    await refused(register({ password: "\ud800 half a pair" }), ErrorReason.INVALID);
    await refused(register({ deviceName: "📱".repeat(65) }), ErrorReason.INVALID);
  });

  it("lists a device without a name as unnamed", async () => {
    const { tokens } = await register({ deviceName: "" });
    const user = tokens?.user ?? "";
    const { devices } = await service.handlers.listDevices({ user }, patient);
    equal(devices[0]?.deviceName, "unnamed");
  });

  it("is limited per address, whatever becomes of the attempts", async () => {
    const env = { CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT: "2" };
    const limited = await startTestService({ env });
    const from = (address: string, name: string) =>
      limited.handlers.register({ ...good, address, name }, patient);
    await from("192.0.2.1", "anna");
    await refused(from("192.0.2.1", "anna"), ErrorReason.ALREADY_EXISTS);
    const error = await refused(from("192.0.2.1", "ben"), ErrorReason.RATE_LIMITED);
    equal(error.retryAfterMs > 0, true);
    await from("192.0.2.2", "ben");
    await limited.stop();
  });
});
