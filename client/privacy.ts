import type { Clock, Random } from "./clock.js";
import type { Fetch } from "./http.js";
import {
  blockUser,
  type ListedUser,
  listBlocks,
  type PrivacyCaller,
  unblockUser,
} from "./privacy-api.js";
import { repeating } from "./repeating.js";
import type { TokenKeeper } from "./tokens.js";

interface PrivacyDeps {
  tokens: TokenKeeper;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  /** Keeps the names of users. */
  learn(names: readonly { user: string; name: string }[]): Promise<void>;
}

/** What others may see of this user and do to him. Every change is made once, however often it takes to get its answer. */
export class Privacy {
  constructor(private readonly deps: PrivacyDeps) {}

  /**
   * From now on nothing the user sends in the 1:1 reaches any of one's devices, and one's own messages to him are rejected as BLOCKED; he
   * sees ✓ and is not told. Gives the newest entry of the conversation that is still seen.
   */
  block(user: string): Promise<number> {
    return this.change((caller, requestId) => blockUser(caller, { blocked: user, requestId }));
  }

  /** What he sent meanwhile never comes. Gives the first entry of those that are seen now; 0 when he never was blocked. */
  unblock(user: string): Promise<number> {
    return this.change((caller, requestId) => unblockUser(caller, { blocked: user, requestId }));
  }

  async blocked(): Promise<ListedUser[]> {
    const listed = await this.call(listBlocks);
    await this.deps.learn(listed.filter(({ name }) => name !== ""));
    return listed;
  }

  private change<T>(run: (caller: PrivacyCaller, requestId: string) => Promise<T>): Promise<T> {
    const { clock, random } = this.deps;
    const requestId = random.uuid();
    return repeating(clock, () => this.call((caller) => run(caller, requestId)));
  }

  private call<T>(run: (caller: PrivacyCaller) => Promise<T>): Promise<T> {
    const { tokens, fetch } = this.deps;
    const { server } = tokens.account;
    return tokens.authorized((token) => run({ server, fetch, token }));
  }
}
