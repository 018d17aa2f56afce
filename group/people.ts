import type { GetUsersResponse } from "../gen/chat/auth/v1/auth.js";
import { boundedCache } from "../lib/bounded-cache.js";

/** Users asked of auth in one call. */
const PER_CALL = 100;
const CACHED_MAX = 100_000;

/** Which users exist, and their names: neither changes, so what was learnt is kept. */
export class People {
  readonly #names = boundedCache<string, string>(CACHED_MAX);

  constructor(readonly ask: (users: readonly string[]) => Promise<GetUsersResponse>) {}

  /** The names of those who exist. */
  async namesOf(users: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const unknown: string[] = [];
    for (const user of users) {
      const name = this.#names.get(user);
      if (name === undefined) unknown.push(user);
      else found.set(user, name);
    }
    for (let i = 0; i < unknown.length; i += PER_CALL) {
      const answer = await this.ask(unknown.slice(i, i + PER_CALL));
      for (const { user, name } of answer.users) {
        this.#names.set(user, name);
        found.set(user, name);
      }
    }
    return found;
  }
}
