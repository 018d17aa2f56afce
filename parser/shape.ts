import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** What the value of a field must look like on the wire. */
export type Kind = (typeof KIND)[keyof typeof KIND];

export const KIND = { uint64: 0, uint32: 1, bool: 2, string: 3, message: 4 } as const;

export interface FieldShape {
  readonly number: number;
  readonly kind: Kind;
  readonly repeated: boolean;
  /**
   * The fields, as bits, that must not have been seen before this one: itself and its rivals in a
   * oneof.
   */
  readonly exclusive: number;
  readonly message: Shape | undefined;
}

/** The fields of one message, by number. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly (FieldShape | undefined)[];
}

/** Field numbers are bits of a mask. */
export const FIELD_NUMBER_MAX = 30;

/**
 * Reads from the compiled contract what a message may look like, so that the walker knows every
 * field the contract knows. A kind of field it was not taught stops the process at start and not a
 * frame at run time.
 */
export function shapeOf(message: DescMessage): Shape {
  const fields: (FieldShape | undefined)[] = new Array(FIELD_NUMBER_MAX + 1).fill(undefined);
  for (const field of message.fields) {
    if (field.number > FIELD_NUMBER_MAX) throw new Error(`${field} has a number above 30`);
    fields[field.number] = {
      number: field.number,
      kind: kindOf(field),
      repeated: field.fieldKind === "list",
      exclusive: exclusiveOf(field),
      message: field.fieldKind === "message" ? shapeOf(field.message) : undefined,
    };
  }
  return { name: message.name, fields };
}

function exclusiveOf(field: DescField): number {
  if (field.oneof !== undefined)
    return field.oneof.fields.reduce((bits, f) => bits | (1 << f.number), 0);
  return field.fieldKind === "list" ? 0 : 1 << field.number;
}

function kindOf(field: DescField): Kind {
  if (field.fieldKind === "message") return KIND.message;
  // Their values are those of the contract, or of a younger one.
  if (field.fieldKind === "enum") return KIND.uint32;
  if (field.fieldKind === "scalar") {
    if (field.scalar === ScalarType.UINT64) return KIND.uint64;
    if (field.scalar === ScalarType.UINT32) return KIND.uint32;
    if (field.scalar === ScalarType.BOOL) return KIND.bool;
    if (field.scalar === ScalarType.STRING) return KIND.string;
  }
  if (
    field.fieldKind === "list" &&
    field.listKind === "scalar" &&
    field.scalar === ScalarType.STRING
  ) {
    return KIND.string;
  }
  throw new Error(`the parser cannot check ${field}: teach parser/shape.ts its kind`);
}
