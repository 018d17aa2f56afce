import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { FakeClock } from "../../lib/fake-clock.js";
import { directId, newId } from "../../lib/ids.js";
import { limits } from "../../lib/limits.js";
import { createPrivacyStore } from "../privacy-store-level.js";
import {
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

describe("BlockUser, UnblockUser and ListBlocks", () => {
  let service: TestService;
  let anna: Tokens;
  let ben: Tokens;

  const block = (blocked = ben.user, requestId: string = randomUUID(), user = anna.user) =>
    service.privacy.blockUser({ user, requestId, blocked }, patient);
  const unblock = (blocked = ben.user, requestId: string = randomUUID()) =>
    service.privacy.unblockUser({ user: anna.user, requestId, blocked }, patient);
  const listed = async () => {
    const { blocked } = await service.privacy.listBlocks({ user: anna.user }, patient);
    return blocked.map(({ name }) => name);
  };
  const told = () => service.owner.told.map(({ blocked, version }) => [blocked, version]);

  beforeEach(async () => {
    service = await startTestService();
    anna = await registerAs(service, "anna");
    ben = await registerAs(service, "ben");
  });
  afterEach(() => service.stop());

  it("are answered when the owner of the conversation has them in force", async () => {
    service.owner.seq = 7;
    deepEqual((await block()).outcome, { $case: "done", value: { seq: 7 } });
    const { conversation, user } = service.owner.told[0] ?? {};
    deepEqual([conversation, user], [directId(anna.user, ben.user), anna.user]);
    deepEqual(await listed(), ["ben"]);
    service.owner.seq = 9;
    deepEqual(await unblock(), { seq: 9 });
    deepEqual(await listed(), []);
    deepEqual(told(), [
      [true, 1],
      [false, 2],
    ]);
  });

  it("are done once under one key, however late it comes again", async () => {
    const id = randomUUID();
    service.owner.seq = 5;
    deepEqual(await block(ben.user, id), await block(ben.user, id));
    await unblock();
    await block(ben.user, id);
    deepEqual([await listed(), told().length], [[], 2]);
    await refused(unblock(ben.user, id), ErrorReason.INVALID);
  });

  it("change nothing that is so already, and tell the owner nothing", async () => {
    await unblock();
    await block();
    await block();
    deepEqual(told(), [[true, 2]]);
  });

  it("are kept while the owner cannot be reached, and come into force by themselves", async () => {
    service.owner.away = true;
    await refused(block(), ErrorReason.BUSY);
    deepEqual(await listed(), ["ben"]);
    await refused(unblock(), ErrorReason.BUSY);
    await refused(block(), ErrorReason.BUSY);
    service.owner.away = false;
    service.clock.advance(5_000);
    await service.owner.heard(1);
    deepEqual(told(), [[true, 3]]);
  });

  it("come into force after a restart, too", async () => {
    service.owner.away = true;
    await refused(block(), ErrorReason.BUSY);
    const clock = new FakeClock();
    const next = await startTestService({ kv: service.kv, clock });
    clock.advance(5_000);
    await next.owner.heard(1);
    deepEqual(next.owner.told[0]?.version, 1);
    // The same turn: what waits for it comes behind the confirmation.
    equal(await next.orders.settle(anna.user, ben.user), 0);
    deepEqual(await createPrivacyStore(service.kv).listOrders(undefined, 9), []);
  });

  it("win over an owner who knows a later version, as when this store was set back", async () => {
    service.owner.inForce = 40;
    await refused(block(), ErrorReason.BUSY);
    await block();
    deepEqual(told().at(-1), [true, 41]);
  });

  it("are refused when the list is full", async () => {
    const store = createPrivacyStore(service.kv);
    const privacy = await store.findPrivacy(anna.user);
    const counts = { ...privacy.counts, blocks: limits.blocksMax };
    await store.replacePrivacy({ ...privacy, version: 1, counts }, 0, {});
    const id = randomUUID();
    const full = { $case: "full", value: { max: limits.blocksMax } };
    deepEqual([(await block(ben.user, id)).outcome, told()], [full, []]);
    deepEqual((await block(ben.user, id)).outcome, full);
  });

  it("refuse oneself, those who do not exist, and what has another form", async () => {
    await refused(block(anna.user), ErrorReason.INVALID);
    await refused(block(newId("us")), ErrorReason.NOT_FOUND);
    await refused(block("ben"), ErrorReason.INVALID);
    await refused(block(ben.user, "x"), ErrorReason.INVALID);
    await refused(block(ben.user, randomUUID(), "x"), ErrorReason.INVALID);
    equal(service.owner.told.length, 0);
  });

  it("are limited per caller", async () => {
    const env = { CHAT_AUTH_LIMIT_PRIVACY_CALLER_COUNT: "2" };
    const limited = await startTestService({ env, kv: service.kv });
    const ask = (requestId = randomUUID()) =>
      limited.privacy.blockUser({ user: anna.user, requestId, blocked: ben.user }, patient);
    await ask();
    await ask();
    const error = await refused(ask(), ErrorReason.RATE_LIMITED);
    equal(error.retryAfterMs > 0, true);
  });
});
