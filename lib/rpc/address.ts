/** An address as in network.ts, taken apart. */
export type Address =
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** Throws one clear sentence when it is not an address. */
export function parseAddress(address: string): Address {
  if (address.startsWith("local:") && address.length > 6) {
    return { kind: "local", name: address.slice(6) };
  }
  if (address.startsWith("unix:") && address.length > 5) {
    return { kind: "unix", path: address.slice(5) };
  }
  const colon = address.lastIndexOf(":");
  const digits = address.slice(colon + 1);
  if (colon > 0 && /^\d{1,5}$/.test(digits) && Number(digits) <= 65_535) {
    return { kind: "tcp", host: address.slice(0, colon), port: Number(digits) };
  }
  throw new Error(`${address} is no address: expected local:<name>, unix:<path> or <host>:<port>`);
}
