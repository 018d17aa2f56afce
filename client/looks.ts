import { FailReason } from "../gen/chat/client/v1/history.js";
import type { Clock, Timer } from "./clock.js";
import { ChatError, closedError, lateError } from "./errors.js";
import type { PresenceEvent } from "./events.js";
import { timings } from "./timings.js";

export interface LooksDeps {
  clock: Clock;
  /** Asks the server about a user, when there is a connection. */
  ask(user: string): void;
}

interface Look {
  resolve(known: PresenceEvent): void;
  reject(error: ChatError): void;
  deadline: Timer;
}

interface Looked {
  readonly looks: Set<Look>;
  /** The server was busy when it was asked last: when to ask again. */
  pause: Timer | undefined;
}

/** Who wants to know once what may be known of a user: he gets the next answer, or an error in bounded time. */
export class Looks {
  private readonly looked = new Map<string, Looked>();

  constructor(private readonly deps: LooksDeps) {}

  /** The next answer about a user who is watched. */
  next(user: string): Promise<PresenceEvent> {
    return new Promise((resolve, reject) => {
      const looked = this.looked.get(user) ?? { looks: new Set(), pause: undefined };
      this.looked.set(user, looked);
      const deadline = this.deps.clock.after(timings.questionMs, () => {
        looked.looks.delete(look);
        if (looked.looks.size === 0) this.end(user);
        reject(lateError());
      });
      const look = { resolve, reject, deadline };
      looked.looks.add(look);
    });
  }

  answered(known: PresenceEvent): void {
    for (const look of this.end(known.user)) look.resolve(known);
  }

  refused(user: string, reason: FailReason, retryAfterMs: number): void {
    const looked = this.looked.get(user);
    if (looked === undefined) return;
    if (reason === FailReason.BUSY) {
      looked.pause?.cancel();
      looked.pause = this.deps.clock.after(Math.max(retryAfterMs, 100), () => this.deps.ask(user));
    } else this.fail(user, refusal(reason));
  }

  close(): void {
    for (const user of [...this.looked.keys()]) this.fail(user, closedError());
  }

  private fail(user: string, error: ChatError): void {
    for (const look of this.end(user)) look.reject(error);
  }

  private end(user: string): Iterable<Look> {
    const looked = this.looked.get(user);
    this.looked.delete(user);
    looked?.pause?.cancel();
    for (const { deadline } of looked?.looks ?? []) deadline.cancel();
    return looked?.looks ?? [];
  }
}

function refusal(reason: FailReason): ChatError {
  return reason === FailReason.TOO_MANY
    ? new ChatError("FULL", "Too many users are watched.", timings.watchMs)
    : new ChatError("INVALID", "The server refused the question.");
}
