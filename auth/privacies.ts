import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Instance } from "../lib/rpc/instances.js";
import type { Network } from "../lib/rpc/network.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import { Audiences } from "./audiences.js";
import { Orders } from "./orders.js";
import { createOwners } from "./owners.js";
import { createPrivacyStore } from "./privacy-store-level.js";

interface Deps {
  readonly sessions: readonly Instance[];
  readonly network: Pick<Network, "client">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the RPCs of privacy stand on, on a store that is open; `stop` ends what goes on by itself. */
export function startPrivacies({ sessions, network, clock, log }: Deps, kv: KeyValueStore) {
  const store = createPrivacyStore(kv);
  const owners = createOwners(network, sessions);
  const orders = new Orders({ store, clock, log, owners });
  const audiences = new Audiences({ store, clock });
  const stop = () => {
    orders.stop();
    audiences.close();
    owners.close();
  };
  return { store, orders, audiences, stop };
}
