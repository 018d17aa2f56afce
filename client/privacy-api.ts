import { ChatError } from "./errors.js";
import { type Fetch, post } from "./http.js";

/** What users let others see and do, over HTTP: chat.auth.v1.Privacies in canonical JSON. */

/** A user in a list of one's own. */
export interface ListedUser {
  user: string;
  name: string;
  /** When he was put there. */
  atUnixMs: number;
}

export interface PrivacyCaller {
  readonly server: string;
  readonly fetch: Fetch;
  readonly token: string;
}

type Json = Record<string, unknown>;

/** Gives the newest entry of their conversation that the caller still sees. */
export async function blockUser(
  { token, ...http }: PrivacyCaller,
  request: { blocked: string; requestId: string },
): Promise<number> {
  const answer = await post(http, "blocks/add", request, token);
  if (answer.full !== undefined) throw full((answer.full as Json).max, "blocked users");
  return Number((answer.done as Json | undefined)?.seq ?? 0);
}

/** Gives the first entry of those that the caller sees now; 0 when there never was a block. */
export async function unblockUser(
  { token, ...http }: PrivacyCaller,
  request: { blocked: string; requestId: string },
): Promise<number> {
  return Number((await post(http, "blocks/remove", request, token)).seq ?? 0);
}

export async function listBlocks({ token, ...http }: PrivacyCaller): Promise<ListedUser[]> {
  return listedUsers((await post(http, "blocks/list", {}, token)).blocked);
}

export type Visibility = "everyone" | "contacts" | "nobody";

/** What a user shows of himself, and lets others do. */
export interface PrivacySettings {
  /** Who sees when he did something last. He does not see it of those from whom he hides it. */
  lastSeen: Visibility;
  /** Who sees that he is online. He does not see it of those from whom he hides it. */
  online: Visibility;
  /** Whether he tells others in 1:1 chats what he has read, and is told. */
  readReceipts: boolean;
  /** Who reads his text about himself. */
  about: Visibility;
  /** Who may add him to groups; others can invite him by a link. */
  groups: Visibility;
}

export async function addContacts(
  { token, ...http }: PrivacyCaller,
  request: { contacts: readonly string[]; requestId: string },
): Promise<void> {
  const answer = await post(http, "contacts/add", request, token);
  if (answer.full !== undefined) throw full((answer.full as Json).max, "contacts");
}

export async function removeContacts(
  { token, ...http }: PrivacyCaller,
  request: { contacts: readonly string[]; requestId: string },
): Promise<void> {
  await post(http, "contacts/remove", request, token);
}

export async function listContacts({ token, ...http }: PrivacyCaller): Promise<ListedUser[]> {
  return listedUsers((await post(http, "contacts/list", {}, token)).contacts);
}

export async function getPrivacy({ token, ...http }: PrivacyCaller): Promise<PrivacySettings> {
  return settingsOf((await post(http, "privacy/get", {}, token)).settings);
}

export async function setPrivacy(
  { token, ...http }: PrivacyCaller,
  { requestId, ...change }: Partial<PrivacySettings> & { requestId: string },
): Promise<PrivacySettings> {
  const { lastSeen, online, readReceipts, about, groups } = change;
  const settings = {
    ...(lastSeen && { lastSeen: visibilityJson(lastSeen) }),
    ...(online && { online: visibilityJson(online) }),
    ...(about && { about: visibilityJson(about) }),
    ...(groups && { groups: visibilityJson(groups) }),
    ...(readReceipts !== undefined && { readReceipts: `SWITCH_${readReceipts ? "ON" : "OFF"}` }),
  };
  const answer = await post(http, "privacy/set", { requestId, settings }, token);
  return settingsOf(answer.settings);
}

/** Empty when there is nothing for the caller. */
export async function getAbout({ token, ...http }: PrivacyCaller, user: string): Promise<string> {
  return String((await post(http, "about/get", { user }, token)).text ?? "");
}

export async function setAbout(
  { token, ...http }: PrivacyCaller,
  request: { text: string; requestId: string },
): Promise<void> {
  await post(http, "about/set", request, token);
}

function settingsOf(json: unknown): PrivacySettings {
  const { lastSeen, online, readReceipts, about, groups } = (json ?? {}) as Json;
  return {
    lastSeen: visibilityOf(lastSeen),
    online: visibilityOf(online),
    readReceipts: readReceipts === "SWITCH_ON",
    about: visibilityOf(about),
    groups: visibilityOf(groups),
  };
}

function visibilityJson(visibility: Visibility): string {
  return `VISIBILITY_${visibility.toUpperCase()}`;
}

function visibilityOf(json: unknown): Visibility {
  if (json === "VISIBILITY_EVERYONE") return "everyone";
  return json === "VISIBILITY_CONTACTS" ? "contacts" : "nobody";
}

function listedUsers(json: unknown): ListedUser[] {
  return (Array.isArray(json) ? json : []).map(({ user, name, atUnixMs }: Json) => ({
    user: String(user ?? ""),
    name: String(name ?? ""),
    atUnixMs: Number(atUnixMs ?? 0),
  }));
}

function full(max: unknown, what: string): ChatError {
  return new ChatError("FULL", `There is no room for more than ${max} ${what}.`);
}
