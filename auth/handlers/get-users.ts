import type { GetUsersRequest, GetUsersResponse } from "../../gen/chat/auth/v1/auth.js";
import { isUserId } from "../../lib/ids.js";
import { invalid } from "../fields.js";
import type { AuthDeps } from "../service.js";

const USERS_MAX = 100;

export function getUsers({ store }: Pick<AuthDeps, "store">) {
  return async (request: GetUsersRequest): Promise<GetUsersResponse> => {
    if (request.users.length < 1 || request.users.length > USERS_MAX) {
      throw invalid(`users must have 1 to ${USERS_MAX} ids`);
    }
    // Nobody can have an id of another form: it is left out like any unknown one.
    const wanted = [...new Set(request.users)].filter(isUserId);
    const accounts = await Promise.all(wanted.map((user) => store.findAccount({ user })));
    const users = [];
    for (const account of accounts) {
      if (account !== undefined) users.push({ user: account.user, name: account.name });
    }
    return { users };
  };
}
