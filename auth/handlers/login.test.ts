import { deepEqual, equal, notEqual } from "node:assert/strict";
import type { LoginRequest } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import {
  logInAs,
  patient,
  refreshWith,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

const right: LoginRequest = {
  name: "anna",
  password: "correct horse",
  deviceName: "laptop",
  address: "192.0.2.1",
};

function logIn(service: TestService, changes: Partial<LoginRequest>) {
  return service.handlers.login({ ...right, ...changes }, patient);
}

describe("Login", () => {
  let service: TestService;
  const start = async (env: Record<string, string> = {}) => {
    service = await startTestService({ env });
    return registerAs(service, "anna");
  };
  afterEach(() => service.stop());

  it("adds a device to the account, in whatever case the name is written", async () => {
    const first = await start();
    service.clock.advance(1);
    const { tokens } = await logIn(service, { name: "ANNA" });
    equal(tokens?.user, first.user);
    notEqual(tokens?.device, first.device);
    const { devices } = await service.handlers.listDevices({ user: first.user }, patient);
    deepEqual(
      devices.map(({ deviceName }) => deviceName),
      ["phone", "laptop"],
    );
  });

  it("answers the same, after the same work, whether the name or the password is wrong", async () => {
    await start();
    const answers: string[] = [];
    const attempts = [{ password: "wrong horse" }, { name: "nobody" }, { name: "no such name!" }];
    for (const changes of [...attempts, { password: "" }, { name: "" }]) {
      const { verified, hashed } = service.hashes;
      const error = await refused(logIn(service, changes), ErrorReason.UNAUTHENTICATED);
      answers.push(`${error.message} ${error.retryAfterMs}`);
      equal(service.hashes.verified, verified + 1);
      equal(service.hashes.hashed, hashed);
    }
    equal(new Set(answers).size, 1);
  });

  it("takes a password whose accents were composed by another keyboard", async () => {
    await start();
    const name = "zoe";
    await service.handlers.register({ ...right, name, password: "caf\u00e9 au lait" }, patient);
    await logIn(service, { name, password: "cafe\u0301 au lait" });
  });

  it("refuses a password or device name that nobody can have, for all names alike", async () => {
    await start();
    for (const name of ["anna", "nobody"]) {
      await refused(logIn(service, { name, password: "x".repeat(129) }), ErrorReason.INVALID);
      await refused(logIn(service, { name, deviceName: "x".repeat(65) }), ErrorReason.INVALID);
    }
  });

  it("limits failures per name, for names that do not exist too", async () => {
    await start({ CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT: "3" });
    for (const name of ["anna", "nobody"]) {
      for (let n = 0; n < 3; n++) {
        const attempt = logIn(service, { name, password: "wrong horse" });
        await refused(attempt, ErrorReason.UNAUTHENTICATED);
      }
      const { verified } = service.hashes;
      const error = await refused(logIn(service, { name }), ErrorReason.RATE_LIMITED);
      equal(error.retryAfterMs > 0, true);
      equal(service.hashes.verified, verified);
    }
  });

  it("does not count success against a name", async () => {
    await start({ CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT: "1" });
    for (let n = 0; n < 5; n++) await logIn(service, {});
  });

  it("is limited per address, success or not", async () => {
    await start({ CHAT_AUTH_LIMIT_LOGIN_ADDRESS_COUNT: "2" });
    await logIn(service, {});
    await refused(logIn(service, { name: "nobody" }), ErrorReason.UNAUTHENTICATED);
    await refused(logIn(service, {}), ErrorReason.RATE_LIMITED);
    await logIn(service, { address: "192.0.2.2" });
  });

  it("revokes the device unused for longest when there are too many", async () => {
    const first = await start({ CHAT_AUTH_DEVICES_MAX_COUNT: "2" });
    service.clock.advance(1000);
    const second = await logInAs(service, "anna");
    service.clock.advance(1000);
    const used = await refreshWith(service, first.refreshToken);
    const third = await logInAs(service, "anna");
    const { devices } = await service.handlers.listDevices({ user: first.user }, patient);
    deepEqual(
      devices.map(({ device }) => device),
      [first.device, third.device],
    );
    equal(service.feed.has(first.user, second.device), true);
    await refused(refreshWith(service, second.refreshToken), ErrorReason.UNAUTHENTICATED);
    await refreshWith(service, used.refreshToken);
  });

  it("answers BUSY to a flood instead of hashing without bound, and does not count it", async () => {
    await start({
      CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT: "20",
      CHAT_AUTH_HASHES_RUNNING_MAX_COUNT: "1",
      CHAT_AUTH_HASHES_WAITING_MAX_COUNT: "4",
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { verify } = service.hashes;
    service.hashes.verify = (stored, password) => held.then(() => verify(stored, password));
    const flood = Array.from({ length: 20 }, () => logIn(service, {}));
    const sentAway = Promise.all(flood.slice(5).map((call) => refused(call, ErrorReason.BUSY)));
    await sentAway;
    release();
    await Promise.all(flood.slice(0, 5));
    for (let n = 0; n < 20; n++) {
      const attempt = logIn(service, { password: "wrong horse" });
      await refused(attempt, ErrorReason.UNAUTHENTICATED);
    }
  });
});
