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
import { type Order, type PrivacyStore, READS } from "./privacy-store.js";

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
const PER_SWEEP = 256;

/**
 * Brings what users want to those who put it in force. What is kept here is what the user wants, an order says that it is not confirmed
 * yet; it goes out at once, and again until it is.
 */
export class Orders {
  #turns = createTurns();
  #sweeping = false;
  /** Some may be left: of an earlier run, or because somebody could not be reached. */
  #left = true;
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
      this.#left = true;
      this.deps.log.warn({ err: error }, "an order is not in force yet");
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
    this.#left = true;
    const privacy = await store.findPrivacy(user);
    // The user may want something else by now.
    const order = await store.findOrder(user, subject);
    if (order === undefined || order.version > version) return;
    const next = Math.max(privacy.version, version) + 1;
    const raised = { ...order, version: next };
    await store.replacePrivacy({ ...privacy, version: next }, privacy.version, { order: raised });
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping || !this.#left) return;
    this.#sweeping = true;
    try {
      this.#left = false;
      const orders = await this.deps.store.listOrders(PER_SWEEP);
      for (const { user, subject } of orders) {
        await this.settle(user, subject).catch(() => undefined);
      }
      if (orders.length === PER_SWEEP) this.#left = true;
    } catch (error) {
      this.#left = true;
      this.deps.log.warn({ err: error }, "orders cannot be read now");
    } finally {
      this.#sweeping = false;
    }
  }
}
