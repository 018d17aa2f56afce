import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import type { WireWriter } from "./writer.js";

// For tests: messages of any shape, written by our writer and by another one.

/** One thing to write, in a form both writers understand. */
export type Item =
  | { readonly type: "uint"; readonly field: number; readonly value: number }
  | { readonly type: "string"; readonly field: number; readonly value: string }
  | { readonly type: "bytes"; readonly field: number; readonly value: Uint8Array }
  | { readonly type: "packed"; readonly field: number; readonly value: readonly number[] }
  | {
      readonly type: "message";
      readonly field: number;
      readonly hint: number;
      readonly items: readonly Item[];
    };

export const field = fc.integer({ min: 1, max: 5000 });
export const uint = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.maxSafeNat(),
  fc.nat({ max: 53 }).map((bits) => Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)),
);

export const message: fc.Arbitrary<readonly Item[]> = fc.letrec<{ items: Item[]; item: Item }>(
  (tie) => ({
    items: fc.array(tie("item"), { maxLength: 6 }),
    item: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.record({ type: fc.constant("uint" as const), field, value: uint }),
      fc.record({
        type: fc.constant("string" as const),
        field,
        value: fc.string({ unit: "binary", maxLength: 200 }),
      }),
      fc.record({
        type: fc.constant("bytes" as const),
        field,
        value: fc.uint8Array({ maxLength: 300 }),
      }),
      fc.record({
        type: fc.constant("packed" as const),
        field,
        value: fc.array(uint, { maxLength: 60 }),
      }),
      fc.record({
        type: fc.constant("message" as const),
        field,
        hint: fc.nat({ max: 40_000 }),
        items: tie("items"),
      }),
    ),
  }),
).items;

export function writeOurs(writer: WireWriter, items: readonly Item[]): WireWriter {
  for (const item of items) {
    if (item.type === "uint") writer.uint(item.field, item.value);
    else if (item.type === "string") writer.string(item.field, item.value);
    else if (item.type === "bytes") writer.bytes(item.field, item.value);
    else if (item.type === "packed") writer.packed(item.field, item.value);
    else {
      writer.open(item.field, item.hint);
      writeOurs(writer, item.items);
      writer.close();
    }
  }
  return writer;
}

/** The same as the generated codec would: default values are left out. */
export function writeTheirs(writer: BinaryWriter, items: readonly Item[]): BinaryWriter {
  for (const item of items) {
    if (item.type === "message") {
      writer.tag(item.field, 2).fork();
      writeTheirs(writer, item.items).join();
    } else if (item.type === "uint") {
      if (item.value !== 0) writer.tag(item.field, 0).uint64(item.value);
    } else if (item.value.length === 0) {
      // A default value.
    } else if (item.type === "string") {
      writer.tag(item.field, 2).string(item.value);
    } else if (item.type === "bytes") {
      writer.tag(item.field, 2).bytes(item.value);
    } else {
      writer.tag(item.field, 2).fork();
      for (const value of item.value) writer.uint64(value);
      writer.join();
    }
  }
  return writer;
}
