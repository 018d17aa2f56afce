import { BinaryReader } from "@bufbuild/protobuf/wire";

/** An entry that came and could not be decoded: as much of it as is needed to say so. */
export interface Undecodable {
  readonly $case: "undecodable";
  readonly value: { readonly conversation: string; readonly after: number; readonly seq: number };
}

/** Arms of ServerFrame that bring an entry, and the field it is in. */
const ENTRY_OF_ARM: Readonly<Record<number, number>> = { 7: 3, 18: 2 };

/**
 * What entry a frame brings that the codec has refused, if it is one that does: the frame and the entry are walked field by
 * field, and nothing else in them is looked at.
 */
export function undecodableIn(data: Uint8Array): Undecodable | undefined {
  try {
    const frame = new BinaryReader(data);
    const arm = frame.uint32() >>> 3;
    const entryField = ENTRY_OF_ARM[arm];
    if (entryField === undefined) return undefined;
    const body = new BinaryReader(frame.bytes());
    const value = { conversation: "", after: 0, seq: 0 };
    while (body.pos < body.len) {
      const [field, type] = body.tag();
      if (field === 1) value.conversation = body.string();
      else if (field === 2 && entryField !== 2) value.after = Number(body.uint64());
      else if (field === entryField) value.seq = seqOf(body.bytes());
      else body.skip(type);
    }
    return checked(value);
  } catch {
    return undefined;
  }
}

/** The same for a frame in JSON. */
export function undecodableInJson(frame: object): Undecodable | undefined {
  const { deliver, replace } = frame as Record<string, Record<string, unknown> | undefined>;
  const body = deliver ?? replace;
  const entry = body?.entry as Record<string, unknown> | undefined;
  if (typeof body?.conversation !== "string") return undefined;
  const { conversation, after = 0 } = body;
  return checked({ conversation, after: Number(after), seq: Number(entry?.seq) });
}

/** Seq comes first in an entry: what is behind it may be broken. */
function seqOf(entry: Uint8Array): number {
  const reader = new BinaryReader(entry);
  return reader.uint32() === 8 ? Number(reader.uint64()) : 0;
}

function checked(value: Undecodable["value"]): Undecodable | undefined {
  const { conversation, after, seq } = value;
  const whole = Number.isSafeInteger(after) && Number.isSafeInteger(seq);
  if (conversation === "" || !whole || seq < 1 || after < 0 || after >= seq) return undefined;
  return { $case: "undecodable", value };
}
