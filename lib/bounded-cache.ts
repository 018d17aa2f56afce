import { LRUCache } from "lru-cache";

/**
 * The `max` entries used last, or fewer when some count for more than one. The library takes the memory of a cache with its own `max` at the start: this one takes it as it
 * is filled.
 */
export function boundedCache<K extends {}, V extends {}>(
  max: number,
  sizeOf: (value: V) => number = () => 1,
): LRUCache<K, V> {
  return new LRUCache<K, V>({ maxSize: max, sizeCalculation: sizeOf });
}
