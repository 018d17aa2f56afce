import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import { hash53 } from "../lib/hash.js";
import { isUuid } from "../lib/ids.js";
import type { Audiences } from "./audiences.js";
import { invalid, userId } from "./fields.js";
import type { Privacy, PrivacyChanges, PrivacyStore } from "./privacy-store.js";

/** Requests of one user that are remembered, so that a repeated one is recognised. */
const REQUESTS_KEPT = 32;
/** Others of the user's devices come first at most this often; then the client tries again. */
const ROUNDS = 8;

/** A request of a change. */
export interface Wish {
  readonly user: string;
  /** The client's key of it. */
  readonly id: string;
  /** A hash of what it asks for. */
  readonly print: number;
}

/** Checks who asks and under which key; `what` says in a text all that is asked for. */
export function wishOf(user: string, id: string, what: string): Wish {
  userId(user, "user");
  if (!isUuid(id)) throw invalid("request_id must be a UUID in lower-case canonical form");
  return { user, id, print: hash53(Buffer.from(what)) };
}

/** What a change makes of what there is: the new values, and the rows that go with them. */
export interface Effects {
  readonly privacy?: Partial<Omit<Privacy, "user" | "version" | "requests">>;
  readonly changes?: PrivacyChanges;
}

/** What a change does to what is there, as the version `next`; undefined refuses it. */
export type Decide = (privacy: Privacy, next: number) => Promise<Effects | undefined>;

export interface ChangeDeps {
  readonly store: PrivacyStore;
  readonly audiences: Pick<Audiences, "changed">;
}

/** Makes one change of a user's privacy, once however often it is asked for. */
export async function changePrivacy(
  { store, audiences }: ChangeDeps,
  wish: Wish,
  decide: Decide,
): Promise<"made" | "refused"> {
  try {
    return await change(store, wish, decide);
  } finally {
    // Also when it is not known whether it became durable.
    audiences.changed(wish.user);
  }
}

async function change(
  store: PrivacyStore,
  wish: Wish,
  decide: Decide,
): Promise<"made" | "refused"> {
  for (let round = 0; round < ROUNDS; round++) {
    const privacy = await store.findPrivacy(wish.user);
    const done = privacy.requests.find(({ id }) => id === wish.id);
    if (done !== undefined && done.print !== wish.print) {
      throw invalid("request_id was used for another change");
    }
    if (done !== undefined) return "made";
    const { version } = privacy;
    const effects = await decide(privacy, version + 1);
    if (effects === undefined) return "refused";
    const requests = [...privacy.requests, { id: wish.id, print: wish.print }];
    const after: Privacy = {
      ...privacy,
      ...effects.privacy,
      version: version + 1,
      requests: requests.slice(-REQUESTS_KEPT),
    };
    if (await store.replacePrivacy(after, version, effects.changes ?? {})) return "made";
  }
  throw new RpcError(ErrorReason.BUSY, "other devices of yours change it, too, try again", 1_000);
}
