import type { SeenEntry } from "../events.js";

/** What the model's server says to a device. */
export type Frame =
  | {
      readonly kind: "sent";
      readonly conversation: string;
      readonly id: string;
      readonly seq: number;
      readonly after: number;
    }
  | { readonly kind: "rejected"; readonly conversation: string; readonly id: string }
  | {
      readonly kind: "deliver" | "placeholder" | "replace";
      readonly conversation: string;
      readonly after: number;
      readonly entry: SeenEntry;
    }
  | {
      readonly kind: "receipt";
      readonly conversation: string;
      readonly delivered: number;
      readonly read: number;
      readonly ownRead: number;
      readonly except: readonly number[];
      readonly exceptRanges: readonly { readonly from: number; readonly through: number }[];
    }
  | { readonly kind: "bases"; readonly bases: ReadonlyMap<string, number> }
  | { readonly kind: "caughtUp"; readonly pending: number };
