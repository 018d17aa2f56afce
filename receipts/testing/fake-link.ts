import {
  type Advance,
  ConfirmBatch,
  type ConfirmFrame,
} from "../../gen/chat/receipts/v1/receipts.js";
import { KeptLink } from "../../lib/link/kept-link.js";
import { AdvanceFields } from "../frames.js";

/** A link end that keeps what is written into it. */
export class FakeLink extends KeptLink {
  constructor() {
    super("session-1");
  }

  /** The frames since the last time. */
  frames(): NonNullable<ConfirmFrame["kind"]>[] {
    return ConfirmBatch.decode(this.bytes()).frames.flatMap((frame) => frame.kind ?? []);
  }

  /** Whose cursors were confirmed since the last time: in a group one frame tells of several. */
  confirmed() {
    return this.frames().flatMap((kind) => {
      if (kind.$case !== "confirmed") return [];
      const { users, ...value } = kind.value;
      return users.length === 0 ? value : users.map((user) => ({ ...value, ...user }));
    });
  }
}

/** The fields of an advance as the decoder gives them. */
export function advanceOf(from: Partial<Advance>): AdvanceFields {
  const { atUnixMs = 1_000, ...rest } = from;
  const head = Math.max(rest.delivered ?? 0, rest.read ?? 0);
  return Object.assign(new AdvanceFields(), { head, ...rest, atMs: atUnixMs });
}
