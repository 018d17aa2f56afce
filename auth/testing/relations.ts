import { randomUUID } from "node:crypto";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { type PrivacySettings, Switch, Visibility } from "../../gen/chat/auth/v1/privacy.js";
import { patient, registerAs, type TestService } from "./service.js";

/** What somebody may be to a user. */
export const RELATIONS = ["stranger", "contact", "blocked", "both"] as const;
type Relation = (typeof RELATIONS)[number];

/** Settings that are for him. */
export const ALLOWED: Readonly<Record<Relation, readonly string[]>> = {
  stranger: ["EVERYONE"],
  contact: ["EVERYONE", "CONTACTS"],
  blocked: [],
  both: [],
};

const UNSAID: PrivacySettings = {
  lastSeen: Visibility.UNSPECIFIED,
  online: Visibility.UNSPECIFIED,
  readReceipts: Switch.UNSPECIFIED,
  about: Visibility.UNSPECIFIED,
  groups: Visibility.UNSPECIFIED,
};

/** Registers somebody of each relation to the user. */
export async function relationsOf(
  service: TestService,
  user: string,
): Promise<Record<Relation, Tokens>> {
  const others = {} as Record<Relation, Tokens>;
  for (const relation of RELATIONS) others[relation] = await registerAs(service, relation);
  const { privacy } = service;
  const contacts = [others.contact.user, others.both.user];
  await privacy.addContacts({ user, requestId: randomUUID(), contacts }, patient);
  for (const { user: blocked } of [others.blocked, others.both]) {
    await privacy.blockUser({ user, requestId: randomUUID(), blocked }, patient);
  }
  return others;
}

/** Changes settings of the user. */
export function setting(
  { privacy }: TestService,
  user: string,
  change: Partial<PrivacySettings>,
  requestId: string = randomUUID(),
) {
  const settings = { ...UNSAID, ...change };
  return privacy.setPrivacy({ user, requestId, settings }, patient);
}
