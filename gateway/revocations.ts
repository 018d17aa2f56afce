import type { WatchRevocationsResponse } from "../gen/chat/auth/v1/auth.js";
import type { Clock, Timer } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";

/** Tokens live 10 min and are tolerated 30 s longer; afterwards a revoked device has none. */
const REMEMBER_MS = 15 * 60_000;
/** The feed gives a sign of life every 5 s. */
const SILENCE_MS = 15_000;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 3000;

interface Deps {
  /** Opens the feed; it ends when the signal fires. */
  readonly watch: (signal: AbortSignal) => AsyncIterable<WatchRevocationsResponse>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** A device was revoked just now, as far as is known here. */
  readonly revoked: (user: string, device: string) => void;
}

/**
 * The devices whose tokens are void though they verify. While auth cannot be reached the list may be out of date: the
 * feed repeats what it told within the life of a token when it is opened again.
 */
export class Revocations {
  readonly #deps: Deps;
  /** Device → when to forget it, in the order of arrival. */
  readonly #devices = new Map<string, number>();
  #abort = new AbortController();
  #stopped = false;
  #silence: Timer | undefined;
  #wait: Timer | undefined;
  #failures = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  has(device: string): boolean {
    return this.#devices.has(device);
  }

  /** Watches until `stop`. */
  start(): void {
    this.#watchOnce().catch(() => undefined);
  }

  stop(): void {
    this.#stopped = true;
    this.#silence?.cancel();
    this.#wait?.cancel();
    this.#abort.abort();
  }

  async #watchOnce(): Promise<void> {
    const { watch, log } = this.#deps;
    this.#abort = new AbortController();
    this.#listen();
    try {
      for await (const { revocations } of watch(this.#abort.signal)) {
        this.#failures = 0;
        this.#listen();
        for (const { user, device } of revocations) this.#add(user, device);
        this.#forget();
      }
    } catch (error) {
      if (!this.#stopped && this.#failures === 0)
        log.warn({ why: String(error) }, "revocations: the feed broke");
    }
    this.#abort.abort();
    this.#silence?.cancel();
    if (!this.#stopped) this.#again();
  }

  #again(): void {
    const { clock, random } = this.#deps;
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures++, 10));
    this.#wait = clock.after(delayMs * (0.5 + random() / 2), () => this.start());
  }

  #listen(): void {
    this.#silence?.cancel();
    this.#silence = this.#deps.clock.after(SILENCE_MS, () => this.#abort.abort());
  }

  #add(user: string, device: string): void {
    const known = this.#devices.delete(device);
    this.#devices.set(device, this.#deps.clock.nowMs() + REMEMBER_MS);
    if (!known) this.#deps.revoked(user, device);
  }

  #forget(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const [device, untilMs] of this.#devices) {
      if (untilMs > nowMs) return;
      this.#devices.delete(device);
    }
  }
}
