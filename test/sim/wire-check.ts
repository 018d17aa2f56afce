import { codecFor, type ServerFrameKind } from "../../client/codec.js";
import { isGroupId, peerOf } from "../../client/ids.js";
import type { Receipt } from "../../gen/chat/client/v1/receipts.js";
import { logKey } from "../../session/store-level-keys.js";
import type { DirectLogs } from "./blocks/direct-logs.js";
import type { DurableCursors } from "./durable-cursors.js";
import type { GroupLogs } from "./groups/group-logs.js";
import type { SimDisk } from "./sim-disk.js";

interface Deps {
  readonly log: SimDisk;
  readonly cursors: DurableCursors;
  readonly groups: GroupLogs;
  readonly directs: DirectLogs;
  readonly wrong: (invariant: string, text: string) => void;
  /** The server says that it has a message. */
  readonly acknowledged: (clientMessageId: string) => void;
}

/** Looks at all that leaves the gateways: nothing may be said that is not durable, and no outcome may change. */
export class WireCheck {
  readonly #deps: Deps;
  readonly #outcomes = new Map<string, string>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  frame(user: string, message: Buffer, isBinary: boolean): void {
    const codec = codecFor(isBinary ? "chat.v1.proto" : "chat.v1.json");
    const frame = codec.decode(isBinary ? new Uint8Array(message).buffer : message.toString());
    if (frame && frame.$case !== "undecodable") this.#check(user, frame);
  }

  #check(user: string, frame: ServerFrameKind): void {
    switch (frame.$case) {
      case "sent": {
        const { clientMessageId, conversation, seq, after } = frame.value;
        this.#durable("Sent", conversation, seq);
        this.#told(user, conversation, { seq, after });
        this.#deps.acknowledged(clientMessageId);
        return this.#outcome(clientMessageId, `sent ${seq}`);
      }
      case "rejected":
        return this.#outcome(frame.value.clientMessageId, `rejected ${frame.value.reason}`);
      case "conflict":
        return this.#outcome(frame.value.clientMessageId, "conflict");
      case "deliver": {
        const { conversation, entry, after } = frame.value;
        const seq = entry?.seq ?? 0;
        this.#durable("Deliver", conversation, seq);
        if (after >= seq) this.#deps.wrong("I4 order", `${conversation} ${seq} after ${after}`);
        return this.#told(user, conversation, { seq, after });
      }
      case "receipt":
        return this.#receipt(user, frame.value);
    }
  }

  #told(user: string, conversation: string, place: { seq: number; after: number }): void {
    const { groups, directs, wrong } = this.#deps;
    if (isGroupId(conversation)) groups.told(user, conversation, place);
    else if (!peerOf(conversation, user)) wrong("I9 member", `${conversation} to ${user}`);
    else directs.told(user, conversation, place);
  }

  #durable(what: string, conversation: string, seq: number): void {
    if (this.#deps.log.get(logKey(conversation, seq).toString("latin1"))) return;
    this.#deps.wrong("I7 durable", `${what} of ${conversation} ${seq} before it is on the disk`);
  }

  #receipt(user: string, receipt: Receipt): void {
    const { conversation, delivered, read, ownRead } = receipt;
    const { cursors, groups, directs, wrong } = this.#deps;
    const own = cursors.of(conversation, user);
    const isGroup = isGroupId(conversation);
    if (isGroup) groups.ticked(user, receipt);
    else directs.ticked(user, receipt);
    const other = cursors.of(conversation, peerOf(conversation, user) ?? "");
    const peer = isGroup ? { delivered, read } : other;
    if (delivered <= peer.delivered && read <= peer.read && ownRead <= own.read) return;
    const told = `delivered ${delivered}, read ${read}, own ${ownRead}`;
    const stored = `${peer.delivered}, ${peer.read}, ${own.read}`;
    wrong("I8 durable", `${conversation} to ${user}: ${told}; on the disk ${stored}`);
  }

  #outcome(clientMessageId: string, outcome: string): void {
    const before = this.#outcomes.get(clientMessageId);
    this.#outcomes.set(clientMessageId, outcome);
    if (before === undefined || before === outcome) return;
    this.#deps.wrong("I13 outcome", `${clientMessageId}: first ${before}, then ${outcome}`);
  }
}
