import type { Clock, Timer } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Group } from "./group.js";
import type { Effects } from "./rules.js";
import type { GroupStore, Projection } from "./store.js";

export interface ProjectionsDeps {
  readonly store: GroupStore;
  readonly clock: Clock;
  readonly log: Logger;
}

const REPAIR_EVERY_MS = 30_000;
const REPAIRS_AT_A_TIME = 100;

/**
 * Keeps the lists of groups behind the logs. A change is noted before it is proposed: whatever ends this process in between, the
 * note is found, and the rows are made anew from what the owner of the conversation says.
 */
export class Projections {
  #timer: Timer | undefined;
  #repairing: Promise<void> | undefined;
  /** Notes of changes that are under way in this process. */
  #fresh = new Set<string>();

  constructor(readonly deps: ProjectionsDeps) {}

  /** A change is about to be proposed. */
  async expect(group: string, request: string): Promise<void> {
    await this.deps.store.expect(group, request);
    this.#fresh.add(`${group}/${request}`);
  }

  /** The change was made. A failure is left to the repair: the change is in force all the same. */
  async changed(group: Group, { add, remove }: Effects, request: string): Promise<void> {
    try {
      await this.deps.store.project({ row: rowOf(group), in: add, out: remove }, request);
      this.#fresh.delete(`${group.group}/${request}`);
    } catch (error) {
      this.deps.log.warn({ err: error }, "a list of groups is behind; it is repaired later");
    }
  }

  /** Repairs now and then what earlier processes and failed calls left; `read` asks the owner of the conversation. */
  start(read: (group: string) => Promise<Group>): void {
    const repair = () => {
      this.#repairing ??= this.#repair(read).finally(() => {
        this.#repairing = undefined;
      });
    };
    repair();
    this.#timer = this.deps.clock.every(REPAIR_EVERY_MS, repair);
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#repairing;
  }

  async #repair(read: (group: string) => Promise<Group>): Promise<void> {
    const { store, log } = this.deps;
    let failed: unknown;
    try {
      for (const { group, request } of await store.expected(REPAIRS_AT_A_TIME)) {
        const name = `${group}/${request}`;
        // Left alone for one round: its change may still be on its way.
        if (this.#fresh.delete(name)) continue;
        try {
          await store.project(fullOf(await read(group)), request);
        } catch (error) {
          // One that cannot be read does not keep the others from it.
          failed ??= error;
        }
      }
    } catch (error) {
      failed ??= error;
    }
    if (failed) log.warn({ err: failed }, "lists of groups could not all be repaired yet");
  }
}

function fullOf(group: Group): Projection {
  return { row: rowOf(group), in: group.members, out: [...group.former] };
}

function rowOf({ group, version, state, members }: Group) {
  const { name, owner, admins } = state;
  return { group, version, name, owner, admins, members: members.length };
}
