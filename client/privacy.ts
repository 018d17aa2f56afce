import type { Clock, Random } from "./clock.js";
import type { Fetch } from "./http.js";
import {
  addContacts,
  blockUser,
  getAbout,
  getPrivacy,
  type ListedUser,
  listBlocks,
  listContacts,
  type PrivacyCaller,
  type PrivacySettings,
  removeContacts,
  setAbout,
  setPrivacy,
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

  blocked(): Promise<ListedUser[]> {
    return this.list(listBlocks);
  }

  /** Whom the settings mean by "contacts". At most 100 at a time. */
  addContacts(contacts: readonly string[]): Promise<void> {
    return this.change((caller, requestId) => addContacts(caller, { contacts, requestId }));
  }

  removeContacts(contacts: readonly string[]): Promise<void> {
    return this.change((caller, requestId) => removeContacts(caller, { contacts, requestId }));
  }

  contacts(): Promise<ListedUser[]> {
    return this.list(listContacts);
  }

  settings(): Promise<PrivacySettings> {
    return this.call(getPrivacy);
  }

  /** Changes what is given; gives all of them. */
  set(settings: Partial<PrivacySettings>): Promise<PrivacySettings> {
    return this.change((caller, requestId) => setPrivacy(caller, { ...settings, requestId }));
  }

  /** What a user says about himself; empty when there is nothing that he shows to this one. */
  about(user: string): Promise<string> {
    return this.call((caller) => getAbout(caller, user));
  }

  /** One line of at most 139 characters; empty removes it. */
  setAbout(text: string): Promise<void> {
    return this.change((caller, requestId) => setAbout(caller, { text, requestId }));
  }

  private async list(ask: (caller: PrivacyCaller) => Promise<ListedUser[]>): Promise<ListedUser[]> {
    const listed = await this.call(ask);
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
