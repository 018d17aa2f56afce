import {
  AdvanceBatch,
  type AdvanceFrame,
  ConfirmFrame,
  type Minimum,
} from "../../gen/chat/receipts/v1/receipts.js";
import { directMembers, isDirectId } from "../../lib/ids.js";
import type { Link, LinkHandler } from "../../lib/link/link.js";
import type { WireReader } from "../../lib/wire/reader.js";
import { decodeFrame, writeFrame } from "./frames.js";

type Cursors = { delivered: number; read: number };

/** The other end of the receipts link: keeps maxima in memory and confirms at once, unless it is told to be deaf. */
export class FakeReceipts implements LinkHandler {
  readonly cursors = new Map<string, Cursors>();
  readonly seen: AdvanceFrame[] = [];
  deaf = false;

  of(conversation: string, user: string): Cursors {
    const key = `${conversation}/${user}`;
    const known = this.cursors.get(key) ?? { delivered: 0, read: 0 };
    this.cursors.set(key, known);
    return known;
  }

  frame(link: Link, kind: number, body: WireReader): void {
    const frame = decodeFrame(AdvanceBatch, kind, body) as AdvanceFrame;
    this.seen.push(frame);
    if (this.deaf) return;
    if (frame.kind?.$case === "advance") {
      const { moves, ...value } = frame.kind.value;
      const { conversation } = value;
      const users = moves.map((move) => ({ user: move.user, ...this.#raise(conversation, move) }));
      const of = {
        delivered: 0,
        read: 0,
        ...(moves.length === 0 && this.#raise(conversation, value)),
      };
      writeFrame(link, ConfirmFrame, {
        kind: {
          $case: "confirmed",
          value: { conversation, user: value.user, ...of, ...this.#minima(conversation), users },
        },
      });
    } else if (frame.kind?.$case === "cursorQuery") {
      const { request, conversation, user } = frame.kind.value;
      const users = isDirectId(conversation) ? [] : this.#all(conversation);
      const value = { request, conversation, users, ...this.of(conversation, user) };
      writeFrame(link, ConfirmFrame, {
        kind: { $case: "cursors", value: { ...value, ...this.#minima(conversation) } },
      });
    } else if (frame.kind?.$case === "infoQuery") {
      const { request, conversation, author, members: named } = frame.kind.value;
      const all = isDirectId(conversation) ? directMembers(conversation) : named;
      const members = all
        .filter((user) => user !== author)
        .map((user) => ({ user, deliveredAtUnixMs: 1, readAtUnixMs: 2 }));
      const value = { request, members, busy: false };
      writeFrame(link, ConfirmFrame, { kind: { $case: "info", value } });
    }
  }

  #raise(conversation: string, { user, delivered, read }: Cursors & { user: string }): Cursors {
    const cursors = this.of(conversation, user);
    cursors.delivered = Math.max(cursors.delivered, delivered, read);
    cursors.read = Math.max(cursors.read, read);
    return cursors;
  }

  #all(conversation: string) {
    return [...this.cursors].flatMap(([key, cursors]) => {
      const [of, user = ""] = key.split("/");
      return of === conversation ? [{ user, ...cursors }] : [];
    });
  }

  #minima(conversation: string) {
    if (!isDirectId(conversation)) return { deliveredMinimum: undefined, readMinimum: undefined };
    return {
      deliveredMinimum: this.#minimum(conversation, "delivered"),
      readMinimum: this.#minimum(conversation, "read"),
    };
  }

  #minimum(conversation: string, kind: keyof Cursors): Minimum {
    const [a, b] = directMembers(conversation)
      .map((user) => ({ user, seq: this.of(conversation, user)[kind] }))
      .sort((x, y) => x.seq - y.seq) as [{ user: string; seq: number }, { seq: number }];
    return { lowest: a.seq, lowestUser: a.user, withoutLowest: b.seq };
  }
}
