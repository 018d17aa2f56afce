import type { GetKeysRequest, GetKeysResponse } from "../../gen/chat/auth/v1/auth.js";
import type { AuthDeps } from "../service.js";

export function getKeys({ jwks }: Pick<AuthDeps, "jwks">) {
  return async (_request: GetKeysRequest): Promise<GetKeysResponse> => ({ jwksJson: jwks });
}
