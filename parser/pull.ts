import { isDirectIdAt, isDirectMemberAt, isGroupIdAt } from "../lib/ids.js";
import { WireWriter } from "../lib/wire/writer.js";
import type { FrameView } from "./frame.js";
import type { Peer } from "./peer.js";
import type { Sessions } from "./sessions.js";
import type { Slice } from "./slice.js";

/** Field numbers: the arm of ClientFrame, and its list. */
const PULL_RECEIPTS = 8;
const CONVERSATIONS = 1;

/**
 * Sorts the conversations of one PullReceipts by their owner. Those that are no ids, are a 1:1 of
 * others or came before in the list are left out: receipts would say nothing about them either.
 */
export class PullSplit {
  /** Conversations left out of the frame read last. */
  left = 0;
  readonly #sessions: Sessions;
  readonly #seen = new Set<string>();
  readonly #owners: (Peer | undefined)[] = [];
  readonly #writer = new WireWriter(4096);

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** Reads the list of a frame. Gives the one owner when the frame can go to it unchanged. */
  read(frame: FrameView, user: string): Peer | undefined {
    this.left = 0;
    this.#seen.clear();
    this.#owners.length = 0;
    for (let i = 0; i < frame.list.length; i += 2) {
      const id = frame.buf.toString("latin1", frame.list[i], frame.list[i + 1]);
      const good = isMine(frame, i, user) && !this.#seen.has(id);
      if (good) this.#seen.add(id);
      else this.left++;
      this.#owners.push(good ? this.#sessions.ownerOf(id) : undefined);
    }
    const first = this.#owners[0];
    return this.#owners.every((owner) => owner === first) ? first : undefined;
  }

  /** The part of the frame read last that goes to one owner; false when that is nothing. */
  part(frame: FrameView, owner: Peer, into: Slice): boolean {
    const writer = this.#writer;
    writer.rewind(0, 0);
    writer.open(PULL_RECEIPTS, frame.list.length * 19);
    const empty = writer.pos;
    for (let i = 0; i < this.#owners.length; i++) {
      if (this.#owners[i] !== owner) continue;
      writer.bytes(CONVERSATIONS, frame.buf, frame.list[2 * i], frame.list[2 * i + 1]);
    }
    const some = writer.pos > empty;
    writer.close();
    into.set(writer.buf, 0, writer.pos);
    return some;
  }
}

function isMine({ buf, list }: FrameView, at: number, user: string): boolean {
  const start = list[at] as number;
  const stop = list[at + 1] as number;
  if (isGroupIdAt(buf, start, stop)) return true;
  return isDirectIdAt(buf, start, stop) && isDirectMemberAt(buf, start, user);
}
