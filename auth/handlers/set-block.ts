import type {
  BlockUserRequest,
  BlockUserResponse,
  UnblockUserRequest,
  UnblockUserResponse,
} from "../../gen/chat/auth/v1/privacy.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import { limits } from "../../lib/limits.js";
import { invalid, userId } from "../fields.js";
import { changePrivacy, type Effects, wishOf } from "../privacy.js";
import type { PrivacyDeps } from "../privacy-service.js";
import type { Privacy } from "../privacy-store.js";

type Deps = Pick<PrivacyDeps, "store" | "accounts" | "orders" | "limits" | "clock" | "audiences">;
type Asked = Pick<BlockUserRequest, "user" | "requestId" | "blocked">;

/** Keeps the block, and answers when the owner of the conversation has it. */
export function blockUser(deps: Deps) {
  return async (request: BlockUserRequest): Promise<BlockUserResponse> => {
    const full = await change(deps, request, true);
    if (full) return { outcome: { $case: "full", value: { max: limits.blocksMax } } };
    const seq = await deps.orders.settle(request.user, request.blocked);
    return { outcome: { $case: "done", value: { seq } } };
  };
}

/** The same for the end of one. */
export function unblockUser(deps: Deps) {
  return async (request: UnblockUserRequest): Promise<UnblockUserResponse> => {
    await change(deps, request, false);
    return { seq: await deps.orders.settle(request.user, request.blocked) };
  };
}

/** True when the list is full. */
async function change(deps: Deps, request: Asked, blocked: boolean): Promise<boolean> {
  const { store, accounts, clock } = deps;
  const { user } = request;
  const peer = userId(request.blocked, "blocked");
  const wish = wishOf(user, request.requestId, `block ${peer} ${blocked}`);
  if (peer === user) throw invalid("blocked must be somebody else");
  await deps.limits.privacyPerCaller.take(user);
  if (blocked && (await accounts.findAccount({ user: peer })) === undefined) {
    throw new RpcError(ErrorReason.NOT_FOUND, "there is no such user");
  }
  const made = await changePrivacy(deps, wish, async (privacy, version) => {
    const known = (await store.findPeer("blocks", user, peer)) !== undefined;
    if (known === blocked) return {};
    if (blocked && privacy.counts.blocks >= limits.blocksMax) return undefined;
    return effectsOf(privacy, { peer, blocked, version, atMs: clock.wallMs() });
  });
  return made === "refused";
}

interface Block {
  readonly peer: string;
  readonly blocked: boolean;
  readonly version: number;
  readonly atMs: number;
}

function effectsOf({ user, counts }: Privacy, { peer, blocked, version, atMs }: Block): Effects {
  const blocks = counts.blocks + (blocked ? 1 : -1);
  const order = { user, subject: peer, on: blocked, version };
  const add = { list: "blocks", peers: [{ user: peer, atMs }] } as const;
  const remove = { list: "blocks", peers: [peer] } as const;
  return {
    privacy: { counts: { ...counts, blocks } },
    changes: blocked ? { add, order } : { remove, order },
  };
}
