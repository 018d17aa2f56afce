import type { KeyValueStore } from "../lib/store/kv.js";

/** Rows of auth's store: JSON under readable keys. */

export async function read<T>(kv: KeyValueStore, key: Buffer): Promise<T | undefined> {
  const value = await kv.get(key);
  return value === undefined ? undefined : decode<T>(value);
}

/** All rows below a prefix that ends in "/", in the order of their keys; "0" is the character after it. */
export async function readAll<T>(kv: KeyValueStore, prefix: string): Promise<T[]> {
  const lt = Buffer.from(`${prefix.slice(0, -1)}0`);
  const rows = await kv.range({ gte: Buffer.from(prefix), lt });
  return rows.map(([, value]) => decode<T>(value));
}

export function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function decode<T>(value: Buffer): T {
  return JSON.parse(value.toString()) as T;
}
