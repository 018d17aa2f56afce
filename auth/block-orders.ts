import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import type { SetBlockRequest, SetBlockResponse } from "../gen/chat/session/v1/session.js";
import type { Clock, Timer } from "../lib/clock.js";
import { RpcError } from "../lib/errors.js";
import { directId } from "../lib/ids.js";
import type { Logger } from "../lib/log.js";
import type { BlockOrder, PrivacyStore } from "./privacy-store.js";
import { createTurns } from "./turns.js";

/** Puts a block in force where the log of the conversation is. */
export type SetBlock = (request: SetBlockRequest) => Promise<SetBlockResponse>;

export interface BlockOrdersDeps {
  readonly store: PrivacyStore;
  readonly setBlock: SetBlock;
  readonly clock: Clock;
  readonly log: Logger;
}

const SWEEP_MS = 5_000;
const PER_SWEEP = 256;

/**
 * Brings blocks to the owners of conversations, who put them in force. The list here is what the user wants, an order says that the owner
 * has not confirmed it yet; it goes to him at once, and again until he has.
 */
export class BlockOrders {
  #turns = createTurns();
  #sweeping = false;
  /** Some may be left: of an earlier run, or because an owner could not be reached. */
  #left = true;
  readonly #timer: Timer;

  constructor(readonly deps: BlockOrdersDeps) {
    this.#timer = deps.clock.every(SWEEP_MS, () => void this.#sweep());
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Sees to it that the last order of this pair is in force, and gives its place in the log; 0 when there never was one. */
  settle(user: string, peer: string): Promise<number> {
    return this.#turns.run(`${user} ${peer}`, async () => {
      const { store } = this.deps;
      const order = await store.findOrder(user, peer);
      if (order === undefined) return (await store.findPlace(user, peer)) ?? 0;
      return (await this.#tell(order)).seq;
    });
  }

  async #tell(order: BlockOrder): Promise<SetBlockResponse> {
    const { store, setBlock } = this.deps;
    const { user, peer, blocked, version } = order;
    try {
      const answer = await setBlock({ conversation: directId(user, peer), user, blocked, version });
      if (answer.version === version) {
        await store.confirmOrder(order, answer.seq);
        return answer;
      }
      await this.#raise(order, answer.version);
    } catch (error) {
      this.#left = true;
      this.deps.log.warn({ err: error }, "a block is not in force yet");
    }
    throw new RpcError(ErrorReason.BUSY, "it is kept, and not in force yet; try again", 1_000);
  }

  /** The owner knows a later version than this store ever gave: it was set back to an earlier state. It goes on above that. */
  async #raise(order: BlockOrder, version: number): Promise<void> {
    const { store } = this.deps;
    const privacy = await store.findPrivacy(order.user);
    const next = Math.max(privacy.version, version) + 1;
    const raised = { ...order, version: next };
    await store.replacePrivacy({ ...privacy, version: next }, privacy.version, { order: raised });
    this.#left = true;
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping || !this.#left) return;
    this.#sweeping = true;
    try {
      this.#left = false;
      const orders = await this.deps.store.listOrders(PER_SWEEP);
      for (const { user, peer } of orders) await this.settle(user, peer).catch(() => undefined);
      if (orders.length === PER_SWEEP) this.#left = true;
    } catch (error) {
      this.#left = true;
      this.deps.log.warn({ err: error }, "blocks cannot be read now");
    } finally {
      this.#sweeping = false;
    }
  }
}
