import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { type PrivacySettings, Switch, Visibility } from "../../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { newId } from "../../lib/ids.js";
import { limits } from "../../lib/limits.js";
import { createPrivacyStore } from "../privacy-store-level.js";
import { setting } from "../testing/relations.js";
import {
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

describe("settings and contacts", () => {
  let service: TestService;
  let anna: Tokens;
  let ben: Tokens;
  const set = async (change: Partial<PrivacySettings>, requestId?: string) =>
    (await setting(service, anna.user, change, requestId)).settings;
  const get = async () => (await service.privacy.getPrivacy({ user: anna.user }, patient)).settings;
  const add = (...contacts: string[]) => {
    const request = { user: anna.user, requestId: randomUUID(), contacts };
    return service.privacy.addContacts(request, patient);
  };
  const remove = (...contacts: string[]) => {
    const request = { user: anna.user, requestId: randomUUID(), contacts };
    return service.privacy.removeContacts(request, patient);
  };
  const contacts = async () => {
    const { contacts } = await service.privacy.listContacts({ user: anna.user }, patient);
    return contacts.map(({ name }) => name);
  };

  beforeEach(async () => {
    service = await startTestService();
    anna = await registerAs(service, "anna");
    ben = await registerAs(service, "ben");
  });
  afterEach(() => service.stop());

  it("begin with everyone and on, and change where something is stated", async () => {
    const { EVERYONE, NOBODY } = Visibility;
    const open = {
      lastSeen: EVERYONE,
      online: EVERYONE,
      readReceipts: Switch.ON,
      about: EVERYONE,
      groups: EVERYONE,
    };
    deepEqual(await get(), open);
    deepEqual(await set({ online: NOBODY }), { ...open, online: NOBODY });
    deepEqual(await set({ lastSeen: NOBODY }), { ...open, online: NOBODY, lastSeen: NOBODY });
    await refused(set({}), ErrorReason.INVALID);
    await refused(set({ online: 9 as Visibility }), ErrorReason.INVALID);
    await refused(set({ readReceipts: 9 as Switch }), ErrorReason.INVALID);
  });

  it("switch read receipts when all who tell of reads have it, and only then", async () => {
    await set({ online: Visibility.NOBODY });
    deepEqual(service.owner.switched, []);
    await set({ readReceipts: Switch.OFF });
    deepEqual(service.owner.switched, [{ user: anna.user, off: true, version: 2 }]);
    service.owner.away = true;
    const id = randomUUID();
    await refused(set({ readReceipts: Switch.ON }, id), ErrorReason.BUSY);
    service.owner.away = false;
    await set({ readReceipts: Switch.ON }, id);
    deepEqual(service.owner.switched[1], { user: anna.user, off: false, version: 3 });
  });

  it("tell a session instance that was added later that receipts are off, when it is set again", async () => {
    await set({ readReceipts: Switch.OFF });
    await set({ readReceipts: Switch.OFF });
    deepEqual(service.owner.switched.at(-1), { user: anna.user, off: true, version: 2 });
    equal(service.owner.switched.length, 2);
  });

  it("keep contacts who exist, once", async () => {
    deepEqual((await add(ben.user, newId("us"), ben.user)).outcome?.$case, "done");
    await add(ben.user);
    deepEqual(await contacts(), ["ben"]);
    await remove(ben.user, newId("us"));
    await remove(ben.user);
    deepEqual(await contacts(), []);
    const { counts } = await createPrivacyStore(service.kv).findPrivacy(anna.user);
    deepEqual(counts, { blocks: 0, contacts: 0 });
    await refused(add(anna.user), ErrorReason.INVALID);
    await refused(add(), ErrorReason.INVALID);
    await refused(add("ben"), ErrorReason.INVALID);
    await refused(add(...Array.from({ length: 101 }, () => newId("us"))), ErrorReason.INVALID);
  });

  it("take no more contacts than the list holds", async () => {
    const store = createPrivacyStore(service.kv);
    const privacy = await store.findPrivacy(anna.user);
    const counts = { ...privacy.counts, contacts: limits.contactsMax };
    await store.replacePrivacy({ ...privacy, version: 1, counts }, 0, {});
    deepEqual((await add(ben.user)).outcome?.$case, "full");
    deepEqual(await contacts(), []);
  });

  it("are told to those who show presence: all first, then each change", async () => {
    const watching = new AbortController();
    await set({ online: Visibility.NOBODY });
    const watch = service.privacy.watchAudiences({}, { signal: watching.signal });
    const told = watch[Symbol.asyncIterator]();
    const next = async () => {
      const { value } = await told.next();
      return value as { rules: { user: string; blocked: string[] }[]; complete: boolean };
    };
    const first = await next();
    deepEqual([first.rules.map(({ user }) => user), first.complete], [[anna.user], false]);
    deepEqual(await next(), { rules: [], complete: true });
    const request = { user: ben.user, requestId: randomUUID(), blocked: anna.user };
    const news = next();
    await service.privacy.blockUser(request, patient);
    deepEqual(
      (await news).rules.map(({ user, blocked }) => [user, blocked]),
      [[ben.user, [anna.user]]],
    );
    const beat = next();
    service.clock.advance(5_000);
    deepEqual((await beat).rules, []);
    const end = told.next();
    watching.abort();
    equal((await end).done, true);
  });
});
