import type { PrivaciesService } from "../gen/chat/auth/v1/privacy.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import { createGuard } from "../lib/rpc/guard.js";
import type { Handlers } from "../lib/rpc/network.js";
import type { Audiences } from "./audiences.js";
import type { AuthEvents } from "./events.js";
import { getAbout, setAbout } from "./handlers/about.js";
import { listBlocks } from "./handlers/list-blocks.js";
import { listNotAddable } from "./handlers/list-not-addable.js";
import { blockUser, unblockUser } from "./handlers/set-block.js";
import { addContacts, listContacts, removeContacts } from "./handlers/set-contacts.js";
import { getPrivacy, setPrivacy } from "./handlers/set-privacy.js";
import { watchAudiences } from "./handlers/watch-audiences.js";
import type { Orders } from "./orders.js";
import type { PrivacyStore } from "./privacy-store.js";
import type { RateLimits } from "./rate-limits.js";
import type { AuthStore } from "./store.js";

/** All that these handlers stand on; each takes what it needs of it. */
export interface PrivacyDeps {
  readonly store: PrivacyStore;
  readonly accounts: Pick<AuthStore, "findAccount">;
  readonly orders: Pick<Orders, "settle">;
  readonly audiences: Pick<Audiences, "changed" | "watch">;
  readonly limits: Pick<RateLimits, "privacyPerCaller" | "lookUpPerCaller">;
  readonly events: AuthEvents;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The RPCs. Opens nothing; whatever happens below, they fail with RpcError only. */
export function createPrivacyHandlers(deps: PrivacyDeps): Handlers<typeof PrivaciesService> {
  const guard = createGuard({ ...deps, keeps: "privacy" });
  return {
    blockUser: guard.unary("BlockUser", blockUser(deps)),
    unblockUser: guard.unary("UnblockUser", unblockUser(deps)),
    listBlocks: guard.unary("ListBlocks", listBlocks(deps)),
    addContacts: guard.unary("AddContacts", addContacts(deps)),
    removeContacts: guard.unary("RemoveContacts", removeContacts(deps)),
    listContacts: guard.unary("ListContacts", listContacts(deps)),
    getPrivacy: guard.unary("GetPrivacy", getPrivacy(deps)),
    setPrivacy: guard.unary("SetPrivacy", setPrivacy(deps)),
    getAbout: guard.unary("GetAbout", getAbout(deps)),
    setAbout: guard.unary("SetAbout", setAbout(deps)),
    listNotAddable: guard.unary("ListNotAddable", listNotAddable(deps)),
    watchAudiences: guard.stream("WatchAudiences", watchAudiences(deps)),
  };
}
