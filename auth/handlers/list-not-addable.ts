import type {
  ListNotAddableRequest,
  ListNotAddableResponse,
} from "../../gen/chat/auth/v1/privacy.js";
import { limits } from "../../lib/limits.js";
import { invalid, userId } from "../fields.js";
import type { PrivacyDeps } from "../privacy-service.js";
import { relationOf } from "../relation.js";

/** Whom of the users somebody may not add to a group. */
export function listNotAddable({ store }: Pick<PrivacyDeps, "store">) {
  return async ({ by, users }: ListNotAddableRequest): Promise<ListNotAddableResponse> => {
    userId(by, "by");
    const max = limits.groupMembersMax;
    if (users.length < 1 || users.length > max) throw invalid(`users must have 1 to ${max} ids`);
    for (const user of users) userId(user, "users");
    const relations = await Promise.all(users.map((user) => relationOf(store, user, by)));
    const refuses = users.filter(
      (_, at) => !relations[at]?.allows(relations[at].privacy.settings.groups),
    );
    return { users: refuses };
  };
}
