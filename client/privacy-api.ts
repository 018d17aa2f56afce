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
