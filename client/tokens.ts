import { refresh } from "./auth-api.js";
import type { Clock, Timer } from "./clock.js";
import { ChatError, closedError } from "./errors.js";
import type { Fetch } from "./http.js";
import type { Account, ClientStore } from "./store.js";
import { timings } from "./timings.js";

/**
 * The tokens of this device. A refresh voids the old refresh token, so there is one at a time and
 * its result is stored durably before it is used.
 */
export class TokenKeeper {
  private running: Promise<void> | undefined;
  private timer: Timer | undefined;
  private closed = false;

  constructor(
    readonly account: Account,
    private readonly deps: { fetch: Fetch; clock: Clock; store: ClientStore },
  ) {}

  /** A token that is good for some time still. */
  async current(): Promise<string> {
    const left = this.account.accessExpiresUnixMs - this.deps.clock.wallMs();
    if (left < timings.refreshAheadMs) await this.refresh();
    return this.account.accessToken;
  }

  /** Gets new tokens; callers at the same time share one refresh. */
  refresh(): Promise<void> {
    if (this.closed) return Promise.reject(closedError());
    this.running ??= this.fetchTokens().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Runs a call with a token, once more with a fresh one when the server refuses the first. */
  async authorized<T>(call: (token: string) => Promise<T>): Promise<T> {
    const token = await this.current();
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof ChatError) || error.reason !== "UNAUTHENTICATED") throw error;
      if (this.account.accessToken === token) await this.refresh();
      return call(this.account.accessToken);
    }
  }

  /** Refreshes in time from now on. A failure is left to the next call that needs a token. */
  start(): void {
    if (this.closed) return;
    const left = this.account.accessExpiresUnixMs - this.deps.clock.wallMs();
    // The lower bound keeps a device whose clock is wrong from refreshing all the time.
    const delay = Math.min(Math.max(left - timings.refreshAheadMs, 60_000), 2 ** 31 - 1);
    this.timer?.cancel();
    this.timer = this.deps.clock.after(delay, () => {
      this.refresh()
        .catch(() => {})
        .finally(() => this.start());
    });
  }

  /** Waits for a refresh under way: its result must be stored, or the old token counts as reused. */
  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.running?.catch(() => {});
  }

  private async fetchTokens(): Promise<void> {
    const { server, refreshToken } = this.account;
    const tokens = await refresh({ server, fetch: this.deps.fetch }, refreshToken);
    const account = { ...this.account, ...tokens };
    await this.deps.store.write([{ kind: "account", account }]);
    Object.assign(this.account, tokens);
  }
}
