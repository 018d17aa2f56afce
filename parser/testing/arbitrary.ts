import { create, type DescField, type DescMessage, ScalarType, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { messageOf } from "../../lib/contract.js";
import { ALICE, CHAT, FOREIGN_CHAT, GATEWAY, MESSAGE_ID, PHONE } from "./test-bench.js";

/** Strings with a fair chance to be what a rule asks for. */
const text = fc.oneof(
  fc.constantFrom(CHAT, CHAT, FOREIGN_CHAT, MESSAGE_ID, ALICE, PHONE, GATEWAY, ""),
  fc.string({ unit: "grapheme", maxLength: 40 }),
);
const count = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0 }));

/** Messages of one type with every field of the contract, also those that come later. */
export function messages(name: string): fc.Arbitrary<{ desc: DescMessage; bytes: Buffer }> {
  const desc = messageOf(name);
  return initOf(desc).map((init) => ({
    desc,
    bytes: Buffer.from(toBinary(desc, create(desc, init))),
  }));
}

/** The same bytes with a few of them changed, cut off, doubled or put in. */
export function mutationsOf(source: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(3)), { maxLength: 3 });
  return fc.tuple(source, changes).map(([bytes, list]) =>
    list.reduce((out, [at, byte, how]) => {
      const i = at % (out.length + 1);
      const [head, tail] = [out.subarray(0, i), out.subarray(i)];
      if (how === 0) return Buffer.concat([head, Buffer.from([byte]), tail.subarray(1)]);
      if (how === 1) return head;
      if (how === 2) return Buffer.concat([head, Buffer.from([byte]), tail]);
      return Buffer.concat([out, tail]);
    }, bytes),
  );
}

/** Frames with one given arm. */
export function framesOf(name: string, arm: DescField): fc.Arbitrary<Buffer> {
  const desc = messageOf(name);
  return fieldValue(arm).map((value) =>
    Buffer.from(toBinary(desc, create(desc, { kind: { case: arm.localName, value } }))),
  );
}

function initOf(desc: DescMessage): fc.Arbitrary<Record<string, unknown>> {
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of desc.members) {
    if (member.kind === "field") {
      members[member.localName] = fc.option(fieldValue(member), { nil: undefined, freq: 6 });
    } else {
      const arms = member.fields.map((field) =>
        fieldValue(field).map((value) => ({ case: field.localName, value })),
      );
      members[member.localName] = fc.oneof(...arms);
    }
  }
  return fc.record(members);
}

function fieldValue(field: DescField): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case "message":
      return initOf(field.message).map((init) => create(field.message, init));
    case "enum":
      return fc.constantFrom(...field.enum.values.map(({ number }) => number));
    case "scalar":
      return scalarOf(field.scalar);
    case "list":
      return fc.array(
        field.listKind === "message"
          ? initOf(field.message).map((init) => create(field.message, init))
          : scalarOf(field.listKind === "scalar" ? field.scalar : ScalarType.INT32),
        { maxLength: 4 },
      );
    default:
      throw new Error(`no arbitrary for ${field}`);
  }
}

function scalarOf(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 40 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.UINT32:
    case ScalarType.INT32:
      return count;
    case ScalarType.UINT64:
    case ScalarType.INT64:
      return fc.oneof(count.map(BigInt), fc.maxSafeNat().map(BigInt));
    default:
      throw new Error(`no arbitrary for ${ScalarType[type]}`);
  }
}
