import { type DescMessage, fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { messageOf, registry } from "../../../lib/contract.js";
import { WireReader } from "../../../lib/wire/reader.js";
import type { Data } from "../channel.js";
import { WELCOME } from "../sim-sockets.js";

export type Fields = Readonly<Record<string, unknown>>;

/** A frame as it passes one hop, not decoded further than to know what it is. */
export interface PassingFrame {
  /** Arm of the frame in the contract; of the client's protocol where such a frame is inside. */
  readonly kind: string;
  readonly start: number;
  readonly stop: number;
}

/** What is in a frame. */
export interface Content {
  readonly value: Fields;
  /** The frame of the link that carries a client's frame, or the same. */
  readonly around: Fields;
}

/** One direction between two sorts of processes. */
export interface Hop {
  readonly name: string;
  readonly frame: DescMessage;
  readonly socket: boolean;
}

interface Arm {
  readonly case?: string;
  readonly value?: Fields;
}

const CLIENT = messageOf("chat.client.v1.ClientFrame");
const SERVER = messageOf("chat.client.v1.ServerFrame");
/** Arms of links that carry a frame of the client's protocol. */
const CARRIERS: Readonly<Record<string, { readonly desc: DescMessage; readonly field: number }>> = {
  inbound: { desc: CLIENT, field: 2 },
  command: { desc: CLIENT, field: 3 },
  urgent: { desc: CLIENT, field: 3 },
  push: { desc: SERVER, field: 2 },
  event: { desc: SERVER, field: 2 },
};
const CODEC_JSON = 2;

/** Who talks over which link; a link of the contract that has no line is a fault. */
const ENDS: Readonly<Record<string, readonly [string, string]>> = {
  "chat.parser.v1.Parsers": ["gateway", "parser"],
  "chat.session.v1.Sessions": ["parser", "session"],
  "chat.receipts.v1.Receipts": ["session", "receipts"],
  "chat.presence.v1.Presences": ["parser", "presence"],
};

/** Every hop, from the contract. */
export const hops: readonly Hop[] = [
  { name: "device>gateway", frame: CLIENT, socket: true },
  { name: "gateway>device", frame: SERVER, socket: true },
  ...[...registry].flatMap(linkHops),
];

const byName = new Map(hops.map((hop) => [hop.name, hop]));

/** Of two processes, e.g. `gateway-1` and `parser-2`; undefined when no frames pass there. */
export function hopBetween(from: string, to: string): Hop | undefined {
  return byName.get(`${from}>${to}`.replace(/-\d+/g, ""));
}

/** All kinds of frames that the contract lets pass a hop. */
export function kindsOf({ frame }: Hop): string[] {
  return armsOf(frame).flatMap((arm) => {
    const carried = CARRIERS[arm];
    return carried ? armsOf(carried.desc) : [arm];
  });
}

/** The frames in what is written. */
export function framesOf({ frame, socket }: Hop, data: Data): PassingFrame[] {
  if (socket) return [{ kind: socketKind(frame, data), start: 0, stop: data.length }];
  const frames: PassingFrame[] = [];
  const batch = new WireReader().reset(data as Buffer);
  while (batch.next()) {
    const { start, stop } = batch;
    frames.push({ kind: linkKind(frame, new WireReader().enter(batch)), start, stop });
  }
  return frames;
}

/** Decodes one of them. */
export function contentOf({ frame, socket }: Hop, data: Data, at: PassingFrame): Content {
  if (data === WELCOME) return { value: {}, around: {} };
  const bytes = socket ? data : (data as Buffer).subarray(at.start, at.stop);
  const { case: arm = "", value = {} } = decoded(frame, bytes);
  const carrier = socket ? undefined : CARRIERS[arm];
  if (!carrier) return { value, around: value };
  const inner = value.frame ? (value.frame as { kind: Arm }).kind : sealed(carrier.desc, value);
  return { value: inner.value ?? {}, around: value };
}

function socketKind(frame: DescMessage, data: Data): string {
  if (data === WELCOME) return "welcome";
  if (typeof data === "string") return /"(\w+)"/.exec(data)?.[1] ?? "";
  return firstArm(frame, new WireReader().reset(data));
}

function linkKind(frame: DescMessage, reader: WireReader): string {
  const arm = firstArm(frame, reader);
  const carrier = CARRIERS[arm];
  if (!carrier) return arm;
  const body = new WireReader().enter(reader);
  while (body.next()) {
    if (body.field !== carrier.field) continue;
    const sealed = body.buf.subarray(body.start, body.stop);
    // A client's JSON begins with a brace, which is the tag of no arm.
    return socketKind(carrier.desc, sealed[0] === 0x7b ? sealed.toString() : sealed);
  }
  return "";
}

function firstArm(frame: DescMessage, reader: WireReader): string {
  return reader.next() ? (armNames(frame).get(reader.field) ?? "") : "";
}

const names = new Map<DescMessage, ReadonlyMap<number, string>>();

function armNames(frame: DescMessage): ReadonlyMap<number, string> {
  let found = names.get(frame);
  if (!found) {
    found = new Map(frame.fields.map(({ number, localName }) => [number, localName]));
    names.set(frame, found);
  }
  return found;
}

/** A client's frame as it travels between gateway and parser. */
function sealed(desc: DescMessage, { data, codec, origin }: Fields): Arm {
  const isJson = (codec ?? (origin as Fields).codec) === CODEC_JSON;
  const bytes = data as Uint8Array;
  return decoded(desc, isJson ? Buffer.from(bytes).toString() : bytes);
}

function decoded(desc: DescMessage, data: Uint8Array | string): Arm {
  const message = typeof data === "string" ? fromJsonString(desc, data) : fromBinary(desc, data);
  return (message as unknown as { kind: Arm }).kind;
}

function armsOf(frame: DescMessage): string[] {
  const kind = frame.oneofs.find(({ name }) => name === "kind");
  return (kind?.fields ?? []).map(({ localName }) => localName);
}

function linkHops(one: typeof registry extends Iterable<infer T> ? T : never): Hop[] {
  if (one.kind !== "service") return [];
  const link = one.methods.find(({ name }) => name === "Link");
  if (!link) return [];
  const ends = ENDS[one.typeName];
  if (!ends) throw new Error(`nobody is named for the two ends of ${one.typeName}`);
  const [dialing, serving] = ends;
  return [
    { name: `${dialing}>${serving}`, frame: frameOf(link.input), socket: false },
    { name: `${serving}>${dialing}`, frame: frameOf(link.output), socket: false },
  ];
}

function frameOf(batch: DescMessage): DescMessage {
  const frames = batch.fields.find(({ number }) => number === 1);
  if (frames?.fieldKind !== "list" || !frames.message) throw new Error("a batch without frames");
  return frames.message;
}
