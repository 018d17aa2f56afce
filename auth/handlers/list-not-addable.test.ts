import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { type PrivacySettings, Switch, Visibility } from "../../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { newId } from "../../lib/ids.js";
import {
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

const RELATIONS = ["stranger", "contact", "blocked", "both"] as const;
type Relation = (typeof RELATIONS)[number];
const MAY: Readonly<Record<Relation, readonly string[]>> = {
  stranger: ["EVERYONE"],
  contact: ["EVERYONE", "CONTACTS"],
  blocked: [],
  both: [],
};

describe("who may add somebody to groups", () => {
  let service: TestService;
  let anna: Tokens;
  const others = {} as Record<Relation, Tokens>;

  beforeEach(async () => {
    service = await startTestService();
    anna = await registerAs(service, "anna");
    for (const relation of RELATIONS) others[relation] = await registerAs(service, relation);
    const { privacy } = service;
    const contacts = [others.contact.user, others.both.user];
    await privacy.addContacts({ user: anna.user, requestId: randomUUID(), contacts }, patient);
    for (const { user: blocked } of [others.blocked, others.both]) {
      await privacy.blockUser({ user: anna.user, requestId: randomUUID(), blocked }, patient);
    }
  });
  afterEach(() => service.stop());

  const set = (groups: Visibility) => {
    const settings: PrivacySettings = {
      lastSeen: Visibility.UNSPECIFIED,
      online: Visibility.UNSPECIFIED,
      readReceipts: Switch.UNSPECIFIED,
      about: Visibility.UNSPECIFIED,
      groups,
    };
    const request = { user: anna.user, requestId: randomUUID(), settings };
    return service.privacy.setPrivacy(request, patient);
  };
  const refusing = async (by: string, users: readonly string[] = [anna.user]) =>
    (await service.privacy.listNotAddable({ by, users: [...users] }, patient)).users;

  for (const setting of ["EVERYONE", "CONTACTS", "NOBODY"] as const) {
    for (const relation of RELATIONS) {
      const may = MAY[relation].includes(setting);
      it(`${relation}, where it is for ${setting}: ${may ? "may" : "may not"}`, async () => {
        await set(Visibility[setting]);
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
