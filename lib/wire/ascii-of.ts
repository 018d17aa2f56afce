import { WireReader } from "./reader.js";

/** An ASCII field of an encoded message; empty when it is not there. */
export function asciiOf(message: Buffer, field: number): string {
  const reader = new WireReader().reset(message);
  while (reader.next()) if (reader.field === field) return reader.ascii();
  return "";
}
