import { ChatError, UnansweredError } from "./errors.js";
import type { ChangeRequest, GroupChanged } from "./groups-api.js";
import { isPassing, leavesOpen } from "./repeating.js";

export interface Asking {
  /** Whether somebody may have made the change already, for all that is known here. */
  open: boolean;
  /** The version of the group as it is now. */
  latest(): Promise<number>;
}

/** One change of a group that is asked for, perhaps several times. */
export class Attempt {
  constructor(
    private readonly request: ChangeRequest,
    private readonly asking: Asking,
  ) {}

  async ask(send: (request: ChangeRequest) => Promise<GroupChanged>): Promise<GroupChanged> {
    const { request, asking } = this;
    for (;;) {
      let refusal: unknown;
      try {
        return await send(request);
      } catch (error) {
        asking.open ||= leavesOpen(error);
        const stale = error instanceof ChatError && error.reason === "STALE";
        if (!stale || asking.open) throw error;
        refusal = error;
      }
      // Nobody can have made it before: others were quicker, and it is asked for as for the first time, with what they left.
      const version = await asking.latest();
      if (version <= request.seenVersion) throw refusal;
      request.seenVersion = version;
    }
  }

  /** Throws what the caller is told. */
  failed(error: unknown): never {
    const { action: _, ...key } = this.request;
    throw this.asking.open && isPassing(error) ? new UnansweredError(key, error) : error;
  }
}
