import type {
  SetReadReceiptsRequest,
  SetReadReceiptsResponse,
} from "../gen/chat/session/v1/session.js";
import { createTurns } from "../lib/turns.js";
import type { HomeUser } from "./home-user.js";

/** Whether a user has switched his read receipts off, as of a version of his privacy. */
export interface Switched {
  readonly user: string;
  readonly off: boolean;
  readonly version: number;
}

/** Keeps them, so that what users have switched off stays so without asking anybody. */
export interface ReadReceiptsStore {
  listSwitched(): Promise<Switched[]>;
  /** Resolves when it is durable; takes the place of what was there for the user. */
  putSwitched(switched: Switched): Promise<void>;
}

/** The few users who ever switched their read receipts. */
export class ReadReceipts {
  readonly #switched = new Map<string, Switched>();
  readonly #turns = createTurns();

  constructor(
    readonly store: ReadReceiptsStore,
    /** The user, if he is in memory. */
    readonly found: (user: string) => HomeUser | undefined,
  ) {}

  async load(): Promise<void> {
    for (const switched of await this.store.listSwitched()) {
      this.#switched.set(switched.user, switched);
    }
  }

  isOff(user: string): boolean {
    return this.#switched.get(user)?.off ?? false;
  }

  /** Of a user one after the other: what is written last must be what is in force. */
  set(request: SetReadReceiptsRequest): Promise<SetReadReceiptsResponse> {
    return this.#turns.run(request.user, () => this.#set(request));
  }

  async #set({ user, off, version }: SetReadReceiptsRequest): Promise<SetReadReceiptsResponse> {
    if (version > this.#versionOf(user)) {
      await this.store.putSwitched({ user, off, version });
      this.#switched.set(user, { user, off, version });
      const home = this.found(user);
      if (home !== undefined) home.hidesReads = off;
    }
    return { version: this.#versionOf(user) };
  }

  #versionOf(user: string): number {
    return this.#switched.get(user)?.version ?? 0;
  }
}
