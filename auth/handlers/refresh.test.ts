import { deepEqual, equal, notEqual } from "node:assert/strict";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { REPEAT_MS, startFamily } from "../refresh-family.js";
import {
  logInAs,
  patient,
  refreshWith,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

describe("Refresh", () => {
  let service: TestService;
  let first: Tokens;
  const refresh = (token: string) => refreshWith(service, token);

  beforeEach(async () => {
    service = await startTestService();
    first = await registerAs(service, "anna");
  });
  afterEach(() => service.stop());

  it("gives a new pair for the same device, and the new pair works", async () => {
    service.clock.advance(599_000);
    const second = await refresh(first.refreshToken);
    deepEqual([second.user, second.device], [first.user, first.device]);
    notEqual(second.refreshToken, first.refreshToken);
    equal(second.accessExpiresUnixMs, first.accessExpiresUnixMs + 599_000);
    equal(second.refreshExpiresUnixMs, first.refreshExpiresUnixMs + 599_000);
    equal((await service.verifier.verify(second.accessToken)).device, first.device);
    await refresh(second.refreshToken);
  });

  it("shows in the list of devices", async () => {
    service.clock.advance(5000);
    await refresh(first.refreshToken);
    const { devices } = await service.handlers.listDevices({ user: first.user }, patient);
    const [device] = devices;
    equal((device?.refreshedUnixMs ?? 0) - (device?.createdUnixMs ?? 0), 5000);
  });

  it("may be repeated for 30 s after its answer was lost, with the same outcome", async () => {
    const lost = await refresh(first.refreshToken);
    service.clock.advance(REPEAT_MS);
    const again = await refresh(first.refreshToken);
    equal(again.refreshToken, lost.refreshToken);
    await service.verifier.verify(again.accessToken);
    await refresh(again.refreshToken);
  });

  it("revokes the device when a used token comes after 30 s, repeated meanwhile or not", async () => {
    const second = await refresh(first.refreshToken);
    service.clock.advance(REPEAT_MS);
    await refresh(first.refreshToken);
    service.clock.advance(1);
    await refused(refresh(first.refreshToken), ErrorReason.TOKEN_REUSED);
    await refused(refresh(second.refreshToken), ErrorReason.UNAUTHENTICATED);
    await refused(refresh(first.refreshToken), ErrorReason.UNAUTHENTICATED);
    const { devices } = await service.handlers.listDevices({ user: first.user }, patient);
    deepEqual(devices, []);
    equal(service.feed.has(first.user, first.device), true);
  });

  it("revokes the device when a token comes whose successor was used, at once", async () => {
    const second = await refresh(first.refreshToken);
    const third = await refresh(second.refreshToken);
    await refused(refresh(first.refreshToken), ErrorReason.TOKEN_REUSED);
    await refused(refresh(third.refreshToken), ErrorReason.UNAUTHENTICATED);
  });

  it("leaves the user's other devices alone when it revokes one", async () => {
    const other = await logInAs(service, "anna");
    await refresh(await refresh(first.refreshToken).then((tokens) => tokens.refreshToken));
    await refused(refresh(first.refreshToken), ErrorReason.TOKEN_REUSED);
    await refresh(other.refreshToken);
  });

  it("gives all who refresh one token at the same time the same new one", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(first.refreshToken)),
    );
    const tokens = new Set(answers.map(({ refreshToken }) => refreshToken));
    equal(tokens.size, 1);
    await refresh([...tokens][0] ?? "");
  });

  it("has one outcome when a token and its revocation race", async () => {
    const request = { user: first.user, device: first.device };
    const [refreshed] = await Promise.allSettled([
      refresh(first.refreshToken),
      service.handlers.revokeDevice(request, patient),
    ]);
    const token = refreshed.status === "fulfilled" ? refreshed.value.refreshToken : "";
    await refused(refresh(token || first.refreshToken), ErrorReason.UNAUTHENTICATED);
    equal(service.feed.has(first.user, first.device), true);
  });

  it("does not know tokens of others, access tokens and plain text", async () => {
    const foreign = startFamily(9e15).token;
    for (const token of [foreign, first.accessToken, "", "x", "💥".repeat(64)]) {
      await refused(refresh(token), ErrorReason.UNAUTHENTICATED);
    }
    await refresh(first.refreshToken);
  });

  it("does not know a token that has expired", async () => {
    service.clock.advance(5_184_000_000);
    await refused(refresh(first.refreshToken), ErrorReason.UNAUTHENTICATED);
    equal(service.feed.has(first.user, first.device), false);
  });
});
