import type { DeadLetter } from "./store.js";

/** A dead letter in its owner's memory. */
export interface Parked extends DeadLetter {
  /** Only then its place is taken by a placeholder; no tick is claimed for it from the start. */
  durable: boolean;
}

/** The entries of one conversation that are parked for devices. No I/O. */
export class ParkedEntries {
  #all = new Map<string, Parked>();

  constructor(stored: readonly DeadLetter[] = []) {
    for (const letter of stored) this.put({ ...letter, durable: true });
  }

  get size(): number {
    return this.#all.size;
  }

  get(device: string, seq: number): Parked | undefined {
    return this.#all.get(`${seq} ${device}`);
  }

  /** Takes the place of what was there for the same entry and device. */
  put(parked: Parked): void {
    this.#all.set(`${parked.seq} ${parked.device}`, parked);
  }

  remove({ device, seq }: Parked): void {
    this.#all.delete(`${seq} ${device}`);
  }

  countOf(user: string): number {
    let count = 0;
    for (const parked of this.#all.values()) if (parked.user === user) count++;
    return count;
  }

  /** Own messages of an author for which no tick is claimed, ascending: somebody who counts for them lacks them. */
  exceptFor(author: string, counts: (user: string, seq: number) => boolean): readonly number[] {
    const seqs = new Set<number>();
    for (const { unseen, sender, user, seq } of this.#all.values()) {
      if (unseen && sender === author && user !== author && counts(user, seq)) seqs.add(seq);
    }
    return [...seqs].sort((a, b) => a - b);
  }

  /** The users who have the entry only as a placeholder. */
  withoutIt(seq: number): readonly string[] {
    const users = new Set<string>();
    for (const parked of this.#all.values()) {
      if (parked.unseen && parked.seq === seq) users.add(parked.user);
    }
    return [...users];
  }
}
