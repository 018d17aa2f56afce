import type { Clock, Timer } from "../clock.js";
import type { Logger } from "../log.js";

/** The other end gives a sign of life every 5 s. */
const SILENCE_MS = 15_000;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 3_000;

export interface FeedDeps<T> {
  /** What is told, for the log. */
  readonly name: string;
  /** Opens the stream; it ends when the signal fires. */
  readonly watch: (signal: AbortSignal) => AsyncIterable<T>;
  /** The stream is being opened: it tells all from the beginning. */
  readonly begin: () => void;
  readonly take: (message: T) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to below 1, for jitter. */
  readonly random: () => number;
}

/** Follows what another service tells by a stream, and opens it again whenever it breaks or falls silent. */
export class Feed<T> {
  readonly #deps: FeedDeps<T>;
  #abort = new AbortController();
  #stopped = false;
  #silence: Timer | undefined;
  #wait: Timer | undefined;
  #failures = 0;

  constructor(deps: FeedDeps<T>) {
    this.#deps = deps;
  }

  /** Follows until `stop`. */
  start(): void {
    this.#follow().catch(() => undefined);
  }

  stop(): void {
    this.#stopped = true;
    this.#silence?.cancel();
    this.#wait?.cancel();
    this.#abort.abort();
  }

  async #follow(): Promise<void> {
    const { watch, begin, take, log, name } = this.#deps;
    this.#abort = new AbortController();
    this.#listen();
    try {
      begin();
      for await (const message of watch(this.#abort.signal)) {
        this.#failures = 0;
        this.#listen();
        take(message);
      }
    } catch (error) {
      if (!this.#stopped && this.#failures === 0)
        log.warn({ why: String(error) }, `${name}: the feed broke`);
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
}
