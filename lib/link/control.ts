import { WireError, type WireReader } from "../wire/reader.js";
import type { WireWriter } from "../wire/writer.js";
import type { Peer } from "./link.js";

/** Arms of chat.common.v1.LinkControl. */
export const Control = { hello: 1, heartbeat: 2, credit: 3, draining: 4 } as const;

/** Arm of every frame's oneof that holds a LinkControl. */
export const CONTROL_KIND = 1;

/** What a Hello says. */
export interface Greeting {
  readonly peer: Peer;
  /** Frames of each class, from P0 on, that may be under way to the one who says it. */
  readonly windows: readonly number[];
}

const INSTANCE = /^[a-z0-9-]{1,64}$/;
const BOOT = /^[\x21-\x7e]{1,64}$/;

export function writeHello(writer: WireWriter, self: Peer, windows: readonly number[]): void {
  writer.open(Control.hello, 64);
  writer.ascii(1, self.instance);
  writer.ascii(2, self.boot);
  writer.packed(3, windows);
  writer.close();
}

export function writeHeartbeat(writer: WireWriter): void {
  writer.open(Control.heartbeat, 0);
  writer.close();
}

export function writeCredit(writer: WireWriter, frames: readonly number[]): void {
  writer.open(Control.credit, 16);
  writer.packed(1, frames);
  writer.close();
}

export function writeDraining(writer: WireWriter, delayMs: number): void {
  writer.open(Control.draining, 8);
  writer.uint(1, delayMs);
  writer.close();
}

/** Reads a Hello that `reader` stands before. Throws WireError when it breaks its rules. */
export function readHello(reader: WireReader): Greeting {
  let instance = "";
  let boot = "";
  const windows: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) instance = reader.ascii();
    else if (reader.field === 2) boot = reader.ascii();
    else if (reader.field === 3) reader.packed(windows);
  }
  if (!INSTANCE.test(instance)) throw new WireError("Hello.instance breaks its rule");
  if (!BOOT.test(boot)) throw new WireError("Hello.boot breaks its rule");
  return { peer: { instance, boot }, windows };
}

/** Reads a Credit that `reader` stands before into `into`, which is emptied first. */
export function readCredit(reader: WireReader, into: number[]): void {
  into.length = 0;
  while (reader.next()) if (reader.field === 1) reader.packed(into);
}

/** Reads a Draining that `reader` stands before: its delay. */
export function readDraining(reader: WireReader): number {
  let delayMs = 0;
  while (reader.next()) if (reader.field === 1) delayMs = reader.uint();
  return delayMs;
}
