/** Runs what is asked for one key one after the other; different keys do not wait for each other. */
export interface Turns {
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Keeps nothing for a key without work. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const before = last.get(key);
      const mine = before === undefined ? work() : before.then(work, work);
      last.set(key, mine);
      const leave = () => {
        if (last.get(key) === mine) last.delete(key);
      };
      mine.then(leave, leave);
      return mine;
    },
  };
}
