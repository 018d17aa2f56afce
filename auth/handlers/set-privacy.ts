import {
  type GetPrivacyRequest,
  type GetPrivacyResponse,
  type PrivacySettings,
  type SetPrivacyRequest,
  type SetPrivacyResponse,
  Switch,
  Visibility,
} from "../../gen/chat/auth/v1/privacy.js";
import { visibilityOf } from "../audiences.js";
import { invalid, userId } from "../fields.js";
import { changePrivacy, wishOf } from "../privacy.js";
import type { PrivacyDeps } from "../privacy-service.js";
import { READS, type Seen, type Settings } from "../privacy-store.js";

/** What the caller has set. */
export function getPrivacy({ store }: Pick<PrivacyDeps, "store">) {
  return async (request: GetPrivacyRequest): Promise<GetPrivacyResponse> => {
    const { settings } = await store.findPrivacy(userId(request.user, "user"));
    return { settings: shown(settings) };
  };
}

type Deps = Pick<PrivacyDeps, "store" | "orders" | "limits" | "audiences">;

/** Changes what is stated. Answered when it is in force, but for what is shown of presence, which follows at once. */
export function setPrivacy(deps: Deps) {
  const { store, orders, limits } = deps;
  return async (request: SetPrivacyRequest): Promise<SetPrivacyResponse> => {
    const { user, requestId } = request;
    const asked = readSettings(request.settings);
    const wish = wishOf(user, requestId, `set ${JSON.stringify(asked)}`);
    await limits.privacyPerCaller.take(user);
    await changePrivacy(deps, wish, async ({ settings: before }, version) => {
      const settings = { ...before, ...asked };
      if (asked.readReceipts === undefined) return { privacy: { settings } };
      // Also when it is so already: a session instance may be younger than the last order.
      const order = { user, subject: READS, on: !asked.readReceipts, version };
      return { privacy: { settings }, changes: { order } };
    });
    await orders.settle(user, READS);
    return { settings: shown((await store.findPrivacy(user)).settings) };
  };
}

function readSettings(asked: PrivacySettings | undefined): Partial<Settings> {
  const { lastSeen, online, readReceipts, about, groups } = asked ?? {};
  const settings = {
    ...(lastSeen ? { lastSeen: readVisibility(lastSeen) } : {}),
    ...(online ? { online: readVisibility(online) } : {}),
    ...(readReceipts ? { readReceipts: readSwitch(readReceipts) } : {}),
    ...(about ? { about: readVisibility(about) } : {}),
    ...(groups ? { groups: readVisibility(groups) } : {}),
  };
  if (Object.keys(settings).length === 0) throw invalid("settings must state something");
  return settings;
}

function readVisibility(visibility: Visibility): Seen {
  if (visibility === Visibility.EVERYONE) return "everyone";
  if (visibility === Visibility.CONTACTS) return "contacts";
  if (visibility === Visibility.NOBODY) return "nobody";
  throw invalid("this visibility is not known");
}

function readSwitch(given: Switch): boolean {
  if (given === Switch.ON || given === Switch.OFF) return given === Switch.ON;
  throw invalid("this switch is not known");
}

function shown({ lastSeen, online, readReceipts, about, groups }: Settings): PrivacySettings {
  return {
    lastSeen: visibilityOf(lastSeen),
    online: visibilityOf(online),
    readReceipts: readReceipts ? Switch.ON : Switch.OFF,
    about: visibilityOf(about),
    groups: visibilityOf(groups),
  };
}
