import type { Clock, Timer } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Group } from "./group.js";
import type { Peers } from "./peers.js";
import type { Effects } from "./rules.js";
import type { ExpectedChange, GroupStore, Projection } from "./store.js";

export interface ProjectionsDeps {
  readonly store: GroupStore;
  readonly peers: Pick<Peers, "keeperOf" | "ring">;
  /** Asks the owner of the conversation. */
  readonly read: (group: string) => Promise<Group>;
  readonly clock: Clock;
  readonly log: Logger;
}

const REPAIR_EVERY_MS = 30_000;
/** After a round in which not all could be repaired. */
const AGAIN_MS = 5_000;
const REPAIRS_AT_A_TIME = 32;
/** While so many rounds have not moved all rows of a new ring, no lists are told; then what is there is. */
const MOVING_ROUNDS_MAX = 12;

/**
 * Keeps the lists of groups behind the logs. A change is noted before it is proposed: whatever ends this process in between, the
 * note is found, and the rows are made anew from what the owner of the conversation says. Rows of a group that the ring gives to another
 * instance are made there: a new ring is a note for every group that has rows here.
 */
export class Projections {
  #timer: Timer | undefined;
  #repairing: Promise<void> | undefined;
  #stopped = false;
  #movingRounds = 0;
  /** Notes of changes that are under way in this process. */
  #fresh = new Set<string>();

  constructor(readonly deps: ProjectionsDeps) {}

  /** Whether rows may still lie where a ring before this one had them. */
  get moving(): boolean {
    return this.#movingRounds > 0;
  }

  /** A change is about to be proposed. */
  async expect(group: string, request: string): Promise<void> {
    await this.deps.store.expect(group, request);
    this.#fresh.add(`${group}/${request}`);
  }

  /** The change was made. A failure is left to the repair: the change is in force all the same. */
  changed(group: Group, { add, remove }: Effects, request: string): Promise<void> {
    const { store, peers } = this.deps;
    return this.#write(group.group, request, async () => {
      const keeper = peers.keeperOf(group.group);
      if (keeper !== undefined) {
        await this.#settle({ group: group.group, request });
      } else if ((await store.versionOf(group.group)) === group.version - 1) {
        const row = rowOf(group);
        await store.project({ row, whole: false, in: add, out: remove }, request);
      } else {
        // Changes were made elsewhere meanwhile, or their rows were not written.
        await store.project(wholeOf(group), request);
      }
    });
  }

  /** The change was made by an earlier request, of which a note may be left. A failure is left to the repair. */
  settle(group: string, request: string): Promise<void> {
    return this.#write(group, request, () => this.#settle({ group, request }));
  }

  async #write(group: string, request: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
      this.#fresh.delete(`${group}/${request}`);
    } catch (error) {
      this.deps.log.warn({ err: error }, "a list of groups is behind; it is repaired later");
    }
  }

  /** Makes the rows of a group that came here with a new ring. */
  async adopt(group: string): Promise<void> {
    const { store, read } = this.deps;
    await store.project(wholeOf(await read(group)));
  }

  /** Before lists are told: whether the ring is another one than before. */
  async place(): Promise<void> {
    const { store, peers, log } = this.deps;
    if (!(await store.place(peers.ring))) return;
    log.info({ ring: peers.ring }, "the ring is new: lists of groups move to where it has them");
    this.#movingRounds = MOVING_ROUNDS_MAX;
  }

  /** Repairs now and then what earlier processes, failed calls and an earlier ring left. */
  start(): void {
    this.#round();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#repairing;
  }

  #round(): void {
    this.#repairing = this.#repair().then((failure) => {
      this.#repaired(failure);
      if (this.#stopped) return;
      const ms = failure ? AGAIN_MS : REPAIR_EVERY_MS;
      this.#timer = this.deps.clock.after(ms, () => this.#round());
    });
  }

  #repaired(failure: unknown): void {
    const { log, peers } = this.deps;
    const { moving } = this;
    this.#movingRounds = failure ? Math.max(0, this.#movingRounds - 1) : 0;
    if (failure) log.warn({ err: failure }, "lists of groups could not all be repaired yet");
    else if (moving)
      log.info({ ring: peers.ring }, "all lists of groups are where the ring has them");
  }

  /** Gives one of the failures. One that cannot be read does not keep the others from it. */
  async #repair(): Promise<unknown> {
    const { store } = this.deps;
    let failure: unknown;
    try {
      let page: ExpectedChange[];
      let after: ExpectedChange | undefined;
      do {
        page = await store.expected(after, REPAIRS_AT_A_TIME);
        after = page.at(-1);
        // Left alone for one round: its change may still be on its way.
        const due = page.filter(({ group, request }) => !this.#fresh.delete(`${group}/${request}`));
        const settled = await Promise.allSettled(due.map((change) => this.#settle(change)));
        failure ??= settled.find((one) => one.status === "rejected")?.reason;
      } while (page.length === REPAIRS_AT_A_TIME && !this.#stopped);
    } catch (error) {
      failure ??= error;
    }
    return failure;
  }

  async #settle({ group, request }: ExpectedChange): Promise<void> {
    const { store, peers, read } = this.deps;
    const keeper = peers.keeperOf(group);
    if (keeper === undefined) return store.project(wholeOf(await read(group)), request);
    await keeper.lists.adoptGroup({ instance: keeper.name, group });
    await store.forget(group, request);
  }
}

function wholeOf(group: Group): Projection {
  return { row: rowOf(group), whole: true, in: group.members, out: [...group.former] };
}

function rowOf({ group, version, state, members }: Group) {
  const { name, owner, admins } = state;
  return { group, version, name, owner, admins, members: members.length };
}
