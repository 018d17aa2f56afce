import { hash53ascii } from "./hash.js";

/**
 * Consistent hashing with virtual nodes: maps a key to one of the live instances, and moves only
 * the keys of an instance that came or went. Pure; the caller says who is live.
 */
export class Ring {
  readonly instances: readonly string[];
  #points: Float64Array;
  #owners: Uint16Array;

  constructor(instances: readonly string[], virtualNodes = 128) {
    this.instances = [...instances].sort();
    const points: [number, number][] = [];
    this.instances.forEach((name, index) => {
      for (let v = 0; v < virtualNodes; v++) points.push([hash53ascii(`${name}#${v}`), index]);
    });
    points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.#points = Float64Array.from(points, (p) => p[0]);
    this.#owners = Uint16Array.from(points, (p) => p[1]);
  }

  /** The instance responsible for a key, or undefined when there is none. */
  ownerOf(key: string): string | undefined {
    return this.instances[this.#index(hash53ascii(key))];
  }

  /** The instance responsible for a shard. */
  ownerOfShard(shard: number): string | undefined {
    return this.ownerOf(`shard/${shard}`);
  }

  #index(hash: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.#points[mid] as number) < hash) low = mid + 1;
      else high = mid;
    }
    return this.#owners[low === this.#points.length ? 0 : low] ?? 0;
  }
}
