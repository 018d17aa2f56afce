import { deepEqual, equal } from "node:assert/strict";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { newId } from "../../lib/ids.js";
import {
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

describe("LookUpUser and GetUsers", () => {
  let service: TestService;
  let anna: Tokens;
  const lookUp = (name: string, caller: string) =>
    service.handlers.lookUpUser({ name, caller }, patient);
  const get = async (...users: string[]) =>
    (await service.handlers.getUsers({ users }, patient)).users;

  beforeEach(async () => {
    service = await startTestService({ env: { CHAT_AUTH_LIMIT_LOOKUP_CALLER_COUNT: "3" } });
    anna = await registerAs(service, "anna");
  });
  afterEach(() => service.stop());

  it("finds a user by his exact name, in whatever case", async () => {
    const found = { user: anna.user, name: "anna" };
    deepEqual(await lookUp("anna", anna.user), found);
    deepEqual(await lookUp("ANNA", anna.user), found);
  });

  it("does not find part of a name, or what no name can be", async () => {
    const parts = ["ann", "annaa", "*", "an%", "", "\u0000", "x".repeat(100_000)];
    for (const name of parts) await refused(lookUp(name, newId("us")), ErrorReason.NOT_FOUND);
  });

  it("is limited per caller, found or not", async () => {
    const ben = newId("us");
    await lookUp("anna", ben);
    await refused(lookUp("no1", ben), ErrorReason.NOT_FOUND);
    await refused(lookUp("no2", ben), ErrorReason.NOT_FOUND);
    const error = await refused(lookUp("anna", ben), ErrorReason.RATE_LIMITED);
    equal(error.retryAfterMs > 0, true);
    await lookUp("anna", anna.user);
  });

  it("refuses a caller without an id", async () => {
    await refused(lookUp("anna", ""), ErrorReason.INVALID);
  });

  it("gives the names of those who exist and leaves the others out", async () => {
    const ben = await registerAs(service, "ben");
    const found = await get(ben.user, newId("us"), anna.user, "else", anna.user);
    const names = found.map(({ user, name }) => `${user} ${name}`);
    deepEqual(names.sort(), [`${anna.user} anna`, `${ben.user} ben`].sort());
  });

  it("takes 1 to 100 ids", async () => {
    const ids = Array.from({ length: 101 }, () => newId("us"));
    deepEqual(await get(...ids.slice(1)), []);
    await refused(get(...ids), ErrorReason.INVALID);
    await refused(get(), ErrorReason.INVALID);
  });
});
