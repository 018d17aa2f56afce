import { limits } from "../lib/limits.js";
import type { Conversation } from "./conversation.js";
import { busy, type Conversations } from "./conversations.js";

/**
 * Calls about conversations as they are durably: each waits for the change that is on its way there. So many at a time.
 */
export class Settled {
  #waiting = 0;

  constructor(readonly conversations: Conversations) {}

  /**
   * Acts on the conversation, undefined when it does not exist: nothing comes between that moment and `act`. With `creates` a 1:1 of
   * users who exist comes into being.
   */
  async run<T>(
    id: string,
    creates: boolean,
    act: (conversation: Conversation | undefined) => Promise<T>,
  ): Promise<T> {
    if (this.#waiting >= limits.questionsMax) throw busy();
    this.#waiting++;
    try {
      for (;;) {
        const found = await this.conversations.find(id, creates);
        // Another change may have been quicker.
        if (this.conversations.loaded.get(id) !== found) continue;
        if (found?.changing === undefined) {
          if (found !== undefined) found.used = true;
          return await act(found);
        }
        await found.changing;
      }
    } finally {
      this.#waiting--;
    }
  }
}
