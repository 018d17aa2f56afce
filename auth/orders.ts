import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type {
  SetBlockRequest,
  SetBlockResponse,
  SetReadReceiptsRequest,
  SetReadReceiptsResponse,
} from "../gen/chat/session/v1/session.js";
import type { Clock, Timer } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import { directId } from "../lib/ids.js";
import type { Logger } from "../lib/log.js";
import { createTurns } from "../lib/turns.js";
import { type Order, type OrderKey, type PrivacyStore, READS } from "./privacy-store.js";

/** Those who put orders in force. */
export interface Owners {
  /** Where the log of the conversation is. */
  setBlock(request: SetBlockRequest): Promise<SetBlockResponse>;
  /** At every session instance; the highest version that one of them knows. */
  setReadReceipts(request: SetReadReceiptsRequest): Promise<SetReadReceiptsResponse>;
}

export interface OrdersDeps {
  readonly store: PrivacyStore;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly log: Logger;
}

const SWEEP_MS = 5_000;
/** Orders that are tried per sweep, when nobody takes them, and at a time: who does not answer holds up some of the others, not all. */
const PAGE = 512;
const AT_A_TIME = 64;

/**
 * Brings what users want to those who put it in force. What is kept here is what the user wants, an order says that it is not confirmed
 * yet; it goes out at once, and again until it is.
 */
export class Orders {
  #turns = createTurns();
  #sweeping = false;
  /** The last one that was tried; undefined to begin with the first. */
  #last: OrderKey | undefined;
  /** Since the last sweep: many orders may fail for one reason. */
  #warned = false;
  readonly #timer: Timer;

  constructor(readonly deps: OrdersDeps) {
    this.#timer = deps.clock.every(SWEEP_MS, () => void this.#sweep());
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Sees to it that the last order about this is in force, and gives its place in the log; 0 when there is none. */
  settle(user: string, subject: string): Promise<number> {
    return this.#turns.run(`${user} ${subject}`, async () => {
      const { store } = this.deps;
      const order = await store.findOrder(user, subject);
      if (order === undefined) return (await store.findPlace(user, subject)) ?? 0;
      return this.#bring(order);
    });
  }

  async #bring(order: Order): Promise<number> {
    const { store } = this.deps;
    try {
      const { version, seq } = await this.#tell(order);
      if (version === order.version) {
        await store.confirmOrder(order, seq);
        return seq;
      }
      await this.#raise(order, version);
    } catch (error) {
      if (!this.#warned) this.deps.log.warn({ err: error }, "orders are not in force yet");
      this.#warned = true;
    }
    throw new RpcError(ErrorReason.BUSY, "it is kept, and not in force yet; try again", 1_000);
  }

  async #tell({ user, subject, on, version }: Order): Promise<SetBlockResponse> {
    const { owners } = this.deps;
    if (subject === READS) {
      return { ...(await owners.setReadReceipts({ user, off: on, version })), seq: 0 };
    }
    return owners.setBlock({ conversation: directId(user, subject), user, blocked: on, version });
  }

  /** A later version is known than this store ever gave: it was set back to an earlier state. It goes on above that. */
  async #raise({ user, subject }: Order, version: number): Promise<void> {
    const { store } = this.deps;
    const privacy = await store.findPrivacy(user);
    // The user may want something else by now.
    const order = await store.findOrder(user, subject);
    if (order === undefined || order.version > version) return;
    const next = Math.max(privacy.version, version) + 1;
    const raised = { ...order, version: next };
    await store.replacePrivacy({ ...privacy, version: next }, privacy.version, { order: raised });
  }

  /** Goes on behind those that were tried last, so that none stands in the way of others for long. */
  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#warned = false;
    try {
      while (await this.#settlePage());
    } catch (error) {
      this.deps.log.warn({ err: error }, "orders cannot be read now");
    } finally {
      this.#sweeping = false;
    }
  }

  /** True when some came into force, and there are more: whoever could not be reached may be back. */
  async #settlePage(): Promise<boolean> {
    const orders = await this.deps.store.listOrders(this.#last, PAGE);
    const isFull = orders.length === PAGE;
    this.#last = isFull ? orders.at(-1) : undefined;
    let settled = 0;
    const rest = orders.values();
    const some = async () => {
      for (const { user, subject } of rest) {
        await this.settle(user, subject).then(
          () => settled++,
          () => undefined,
        );
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, some));
    return isFull && settled > 0;
  }
}
