import { deepEqual, equal } from "node:assert/strict";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { Visibility } from "../../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { newId } from "../../lib/ids.js";
import { ALLOWED, RELATIONS, relationsOf, setting } from "../testing/relations.js";
import {
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

describe("who may add somebody to groups", () => {
  let service: TestService;
  let anna: Tokens;
  let others: Awaited<ReturnType<typeof relationsOf>>;

  beforeEach(async () => {
    service = await startTestService();
    anna = await registerAs(service, "anna");
    others = await relationsOf(service, anna.user);
  });
  afterEach(() => service.stop());

  const set = (groups: Visibility) => setting(service, anna.user, { groups });
  const refusing = async (by: string, users: readonly string[] = [anna.user]) =>
    (await service.privacy.listNotAddable({ by, users: [...users] }, patient)).users;

  for (const given of ["EVERYONE", "CONTACTS", "NOBODY"] as const) {
    for (const relation of RELATIONS) {
      const may = ALLOWED[relation].includes(given);
      it(`${relation}, where it is for ${given}: ${may ? "may" : "may not"}`, async () => {
        await set(Visibility[given]);
        deepEqual(await refusing(others[relation].user), may ? [] : [anna.user]);
        // It is Anna's own affair whom she adds.
        deepEqual(await refusing(anna.user, [others[relation].user]), []);
      });
    }
  }

  it("is answered for each of many, after the same reads", async () => {
    await set(Visibility.CONTACTS);
    const nobody = newId("us");
    const users = [others.contact.user, anna.user, nobody];
    deepEqual(await refusing(others.stranger.user, users), [anna.user]);
    deepEqual(await refusing(others.contact.user, users), []);
    const { kv } = service;
    let reads = 0;
    const get = kv.get.bind(kv);
    kv.get = (key) => {
      reads++;
      return get(key);
    };
    for (const by of Object.values(others)) {
      for (const user of [anna.user, nobody]) {
        reads = 0;
        await refusing(by.user, [user]);
        equal(reads, 3);
      }
    }
  });

  it("is not told to who asks in another form", async () => {
    await refused(refusing("anna"), ErrorReason.INVALID);
    await refused(refusing(anna.user, []), ErrorReason.INVALID);
    await refused(refusing(anna.user, ["anna"]), ErrorReason.INVALID);
    const many = Array.from({ length: 1025 }, () => newId("us"));
    await refused(refusing(anna.user, many), ErrorReason.INVALID);
  });
});
