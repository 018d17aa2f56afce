import { ClientFrame, ServerFrame } from "../gen/chat/client/v1/frames.js";
import type { FrameKind } from "./effects.js";
import { type Undecodable, undecodableIn, undecodableInJson } from "./undecodable.js";

export type Subprotocol = "chat.v1.proto" | "chat.v1.json";
export type ServerFrameKind = NonNullable<ServerFrame["kind"]>;
/** What a client gets. */
export type Received = ServerFrameKind | Undecodable;

/** How frames travel on one connection. */
export interface Codec {
  subprotocol: Subprotocol;
  encode(kind: FrameKind): Uint8Array | string;
  /** Undefined for an arm this version does not know; throws when the frame is faulty. */
  decode(data: unknown): Received | undefined;
}

/** A frame of the server that cannot be decoded. */
export class FrameError extends Error {
  override name = "FrameError";
}

const protoCodec: Codec = {
  subprotocol: "chat.v1.proto",
  encode: (kind) => ClientFrame.encode({ kind }).finish(),
  decode(data) {
    if (!(data instanceof ArrayBuffer)) throw new FrameError("expected a binary message");
    const bytes = new Uint8Array(data);
    return checked(
      () => ServerFrame.decode(bytes),
      () => undecodableIn(bytes),
    );
  },
};

const jsonCodec: Codec = {
  subprotocol: "chat.v1.json",
  encode: (kind) => JSON.stringify(ClientFrame.toJSON({ kind })),
  decode(data) {
    if (typeof data !== "string") throw new FrameError("expected a text message");
    const value = parsed(data);
    return checked(
      () => ServerFrame.fromJSON(value),
      () => undecodableInJson(value),
    );
  },
};

export function codecFor(subprotocol: Subprotocol): Codec {
  return subprotocol === "chat.v1.json" ? jsonCodec : protoCodec;
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {}
  throw new FrameError("The server sent a faulty frame: expected an object in JSON");
}

/** `rescue` finds out whether it was an entry that is faulty: that is no reason to give the connection up. */
function checked(
  decode: () => ServerFrame,
  rescue: () => Undecodable | undefined,
): Received | undefined {
  try {
    const { kind } = decode();
    if (kind !== undefined && !hasWholeNumbers(kind.value)) throw new Error("not a whole number");
    return kind;
  } catch (error) {
    const entry = rescue();
    if (entry !== undefined) return entry;
    throw new FrameError(`The server sent a faulty frame: ${(error as Error).message}`);
  }
}

/** JSON can bring anything where a number belongs; every number of the protocol is a safe integer. */
function hasWholeNumbers(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(hasWholeNumbers);
}
