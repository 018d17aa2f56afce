import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { GetAboutResponse, Visibility } from "../../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { newId } from "../../lib/ids.js";
import type { KeyValueStore } from "../../lib/store/kv.js";
import { ALLOWED, RELATIONS, relationsOf, setting } from "../testing/relations.js";
import {
  patient,
  refused,
  registerAs,
  startTestService,
  type TestService,
} from "../testing/service.js";

const SETTINGS = ["EVERYONE", "CONTACTS", "NOBODY"] as const;
const TEXT = "Up in the mountains 🏔";

/** Notes which rows are read. */
function noting(kv: KeyValueStore, reads: string[]): void {
  const get = kv.get.bind(kv);
  kv.get = (key) => {
    reads.push(key.toString());
    return get(key);
  };
}

describe("the text about oneself", () => {
  let service: TestService;
  let anna: Tokens;
  let viewers: Awaited<ReturnType<typeof relationsOf>>;

  beforeEach(async () => {
    service = await startTestService();
    anna = await registerAs(service, "anna");
    viewers = await relationsOf(service, anna.user);
  });
  afterEach(() => service.stop());

  const write = (text: string, requestId: string = randomUUID()) =>
    service.privacy.setAbout({ user: anna.user, requestId, text }, patient);
  const show = (about: Visibility) => setting(service, anna.user, { about });
  /** The answer, as it goes to the client. */
  const ask = async (caller: string, user: string) => {
    const answer = await service.privacy.getAbout({ caller, user }, patient);
    return Buffer.from(GetAboutResponse.encode(answer).finish()).toString("hex");
  };
  const read = async (caller: string, user = anna.user) =>
    (await service.privacy.getAbout({ caller, user }, patient)).text;

  it("is read by those for whom it is; nothing is the same for all others", async () => {
    await write(TEXT);
    const nothing = await ask(anna.user, newId("us"));
    for (const given of SETTINGS) {
      await show(Visibility[given]);
      for (const relation of RELATIONS) {
        const { user } = viewers[relation];
        const reads = ALLOWED[relation].includes(given);
        equal(await read(user), reads ? TEXT : "", `${relation}, ${given}`);
        if (!reads) equal(await ask(user, anna.user), nothing);
        // What Anna hides, or whom she blocks, does not keep her from reading.
        await service.privacy.setAbout({ user, requestId: randomUUID(), text: relation }, patient);
        equal(await read(anna.user, user), relation);
      }
      equal(await read(anna.user), TEXT);
    }
  });

  it("costs the same reads, whether there is one to read, none, or nobody", async () => {
    await write(TEXT);
    const reads: string[] = [];
    noting(service.kv, reads);
    const unknown = newId("us");
    const readsFor = async (caller: string, user: string) => {
      reads.length = 0;
      await read(caller, user);
      return reads.map((key) => key.replaceAll(user, "user").replaceAll(caller, "caller")).sort();
    };
    const shown = await readsFor(viewers.stranger.user, anna.user);
    equal(shown.length, 3);
    for (const relation of RELATIONS) {
      deepEqual(await readsFor(viewers[relation].user, anna.user), shown);
    }
    deepEqual(await readsFor(anna.user, viewers.stranger.user), shown);
    deepEqual(await readsFor(anna.user, unknown), shown);
  });

  it("is one line of at most 139 characters; empty is none", async () => {
    for (const text of ["é".repeat(139), "🏔".repeat(139), "<b>"]) {
      await write(text);
      equal(await read(viewers.stranger.user), text);
    }
    const odd = [
      "x".repeat(140),
      "🏔".repeat(140),
      "a\nb",
      "a\u0000",
      "\u001b[2J",
      "\u0085",
      "\ud83c",
    ];
    for (const text of odd) await refused(write(text), ErrorReason.INVALID);
    equal(await read(viewers.stranger.user), "<b>");
    await write("");
    equal(await read(viewers.stranger.user), "");
    await refused(read("anna"), ErrorReason.INVALID);
    await refused(read(anna.user, "ben"), ErrorReason.INVALID);
  });

  it("is written once by a request that is repeated", async () => {
    const id = randomUUID();
    await write("first", id);
    await write("second");
    await write("first", id);
    equal(await read(viewers.stranger.user), "second");
    await refused(write("third", id), ErrorReason.INVALID);
  });

  it("is kept when the service comes back, with who reads it", async () => {
    await write(TEXT);
    await show(Visibility.CONTACTS);
    const { kv, clock } = service;
    const again = await startTestService({ kv, clock });
    const asked = (user: string) =>
      again.privacy.getAbout({ caller: user, user: anna.user }, patient);
    equal((await asked(viewers.contact.user)).text, TEXT);
    equal((await asked(viewers.stranger.user)).text, "");
    again.orders.stop();
    again.feed.close();
  });

  it("is asked for only so often", async () => {
    await service.stop();
    service = await startTestService({ env: { CHAT_AUTH_LIMIT_LOOKUP_CALLER_COUNT: "2" } });
    anna = await registerAs(service, "anna");
    await read(anna.user);
    await read(anna.user, newId("us"));
    await refused(read(anna.user), ErrorReason.RATE_LIMITED);
  });
});
