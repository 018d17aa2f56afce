import { deepEqual, equal } from "node:assert/strict";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { newId } from "../../lib/ids.js";
import { StoreError } from "../../lib/store/kv.js";
import {
  logInAs,
  patient,
  refreshWith,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

describe("ListDevices and RevokeDevice", () => {
  let service: TestService;
  let anna: Tokens;
  const list = async (user: string) => {
    const { devices } = await service.handlers.listDevices({ user }, patient);
    return devices.map(({ device }) => device);
  };
  const revoke = (user: string, device: string) =>
    service.handlers.revokeDevice({ user, device }, patient);

  beforeEach(async () => {
    service = await startTestService();
    anna = await registerAs(service, "anna");
  });
  afterEach(() => service.stop());

  it("lists in order of age, without those revoked", async () => {
    service.clock.advance(1);
    const laptop = await logInAs(service, "anna");
    service.clock.advance(1);
    const tablet = await logInAs(service, "anna");
    deepEqual(await list(anna.user), [anna.device, laptop.device, tablet.device]);
    await revoke(anna.user, laptop.device);
    deepEqual(await list(anna.user), [anna.device, tablet.device]);
  });

  it("voids the tokens of a revoked device and of no other, one's own included", async () => {
    const laptop = await logInAs(service, "anna");
    await revoke(anna.user, anna.device);
    await refused(refreshWith(service, anna.refreshToken), ErrorReason.UNAUTHENTICATED);
    await refreshWith(service, laptop.refreshToken);
  });

  it("does not find a stranger's device, or one that does not exist", async () => {
    const ben = await registerAs(service, "ben");
    const strangers = await refused(revoke(ben.user, anna.device), ErrorReason.NOT_FOUND);
    const nobodys = await refused(revoke(ben.user, newId("dv")), ErrorReason.NOT_FOUND);
    equal(strangers.message, nobodys.message);
    equal(service.feed.has(ben.user, anna.device), false);
    await refreshWith(service, anna.refreshToken);
  });

  it("may be repeated after the answer was lost, by the owner only", async () => {
    await revoke(anna.user, anna.device);
    await revoke(anna.user, anna.device);
    await refused(revoke(newId("us"), anna.device), ErrorReason.NOT_FOUND);
  });

  it("tells of a revocation whose durability is not known, and asks to try again", async () => {
    const { write } = service.kv;
    service.kv.write = () => Promise.reject(new StoreError("io", "the disk at /secret broke"));
    const error = await refused(revoke(anna.user, anna.device), ErrorReason.BUSY);
    equal(error.message.includes("/secret"), false);
    equal(service.feed.has(anna.user, anna.device), true);
    service.kv.write = write;
    await revoke(anna.user, anna.device);
    deepEqual(await list(anna.user), []);
  });

  it("lists nothing for a user who does not exist", async () => {
    deepEqual(await list(newId("us")), []);
  });

  it("refuses ids of another form", async () => {
    for (const id of ["", "anna", "us_", `${anna.user}/`, `${anna.user}\u0000`]) {
      await refused(list(id), ErrorReason.INVALID);
      await refused(revoke(id, anna.device), ErrorReason.INVALID);
      await refused(revoke(anna.user, id), ErrorReason.INVALID);
    }
  });
});
