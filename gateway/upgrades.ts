import type { Access } from "./access.js";
import { clientAddress } from "./addresses.js";
import type { Admission } from "./admission.js";
import type { Connection, Ticket } from "./connection.js";
import type { Counters } from "./counters.js";
import type { Origins } from "./origins.js";
import { answerRefusal, busy, type Refusal } from "./refusal.js";
import type { UpgradeExchange } from "./sockets.js";
import { readUpgrade } from "./upgrade-request.js";

const RETRY_MS = 2000;

/** What belongs to one socket from its upgrade on. */
export interface Seat {
  readonly ticket: Ticket;
  connection: Connection | undefined;
}

interface Deps {
  readonly admission: Admission;
  readonly access: Access;
  readonly origins: Origins;
  readonly counters: Counters;
  readonly trustForwarded: boolean;
  /** What keeps the gateway from serving; empty when nothing does. */
  readonly unready: () => readonly string[];
}

/** Decides who becomes a connection. */
export class Upgrades {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  handle(exchange: UpgradeExchange<Seat>): void {
    const { admission, origins, trustForwarded } = this.#deps;
    const { request } = exchange;
    const early =
      admission.arrival(clientAddress(request, trustForwarded)) ?? this.#refuseUnready();
    const wish = early ?? readUpgrade(request, origins);
    if ("status" in wish) {
      this.#refuse(exchange, wish);
      return;
    }
    const { access, counters } = this.#deps;
    const checked = access.check(wish.token);
    const refusal = "status" in checked ? checked : admission.user(checked.user);
    if (refusal) {
      this.#refuse(exchange, refusal);
      return;
    }
    counters.accepted++;
    const { codec, connect } = wish;
    const ticket = Object.freeze({
      ...(checked as Omit<Ticket, "codec" | "connect">),
      codec,
      connect,
    });
    exchange.accept({ ticket, connection: undefined }, wish.protocol);
  }

  #refuseUnready(): Refusal | undefined {
    const missing = this.#deps.unready();
    return missing.length > 0 ? busy(`not ready: ${missing.join(", ")}`, RETRY_MS) : undefined;
  }

  #refuse(exchange: UpgradeExchange<Seat>, refusal: Refusal): void {
    this.#deps.counters.refusedUpgrades++;
    exchange.answer(answerRefusal(refusal));
  }
}
