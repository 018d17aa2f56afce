import type { LookUpUserRequest, LookUpUserResponse } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import { accountName, userId } from "../fields.js";
import type { AuthDeps } from "../service.js";

export function lookUpUser({ store, limits }: Pick<AuthDeps, "store" | "limits">) {
  return async (request: LookUpUserRequest): Promise<LookUpUserResponse> => {
    await limits.lookUpPerCaller.take(userId(request.caller, "caller"));
    // What no account can be called is a name like any other that nobody has.
    const name = accountName(request.name);
    const account = name === undefined ? undefined : await store.findAccount({ name });
    if (account === undefined) {
      throw new RpcError(ErrorReason.NOT_FOUND, "nobody has this name");
    }
    return { user: account.user, name: account.name };
  };
}
