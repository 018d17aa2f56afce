import type { HistoryFact, SeenEntry } from "../events.js";
import type { Frame } from "./frames.js";
import type { Log } from "./log.js";
import type { ModelServer } from "./server.js";

type Delivered = Extract<Frame, { kind: "deliver" | "placeholder" | "replace" }>;

interface Waiting {
  readonly log: Log;
  readonly number: number;
  readonly message: Omit<SeenEntry, "seq">;
}

interface Position {
  last: number;
  placeholders: Set<number>;
  ahead: { seq: number; after: number }[];
  numbers: number;
  read: number;
  delivered: number;
  peerRead: number;
  acked: number;
}

/** A correct client of the model: the rules at the head of frames.proto, in the fewest lines. */
export class ModelDevice {
  online = false;
  based = false;
  /** Frames on their way to it. */
  inbox: Frame[] = [];
  readonly outbox: Waiting[] = [];
  readonly #positions = new Map<string, Position>();

  constructor(
    readonly name: string,
    readonly user: string,
    readonly server: ModelServer,
    readonly note: (fact: HistoryFact) => void,
  ) {}

  position(log: Log): Position {
    const numbers = { last: 0, numbers: 0, read: 0, delivered: 0, peerRead: 0, acked: 0 };
    const fresh = { ...numbers, ahead: [], placeholders: new Set<number>() };
    const position = this.#positions.get(log.id) ?? fresh;
    this.#positions.set(log.id, position);
    return position;
  }

  connect(): void {
    const { name: device } = this;
    this.note({ type: "dial", device });
    this.note({ type: "connect", device });
    this.online = true;
    this.server.attach(this);
  }

  disconnect(): void {
    this.note({ type: "disconnect", device: this.name });
    this.online = false;
    this.inbox = [];
    this.server.detach(this);
  }

  invoke(log: Log, id: string, body: string): void {
    this.note({ type: "invoke", device: this.name, conversation: log.id, id, body });
    const number = ++this.position(log).numbers;
    this.outbox.push({ log, number, message: { sender: this.user, id, body } });
  }

  /** Takes the next frame. */
  step(): void {
    const frame = this.inbox.shift();
    if (frame === undefined) return;
    const { name: device } = this;
    switch (frame.kind) {
      case "caughtUp":
        this.based = true;
        return this.note({ type: "caughtUp", device, pending: frame.pending });
      case "bases":
        return this.#bases(frame.bases);
      case "deliver":
      case "placeholder":
        return this.#deliver(this.server.log(frame.conversation), frame);
      case "replace":
        return this.#replace(this.server.log(frame.conversation), frame.entry);
      case "receipt":
        return this.#receipt(this.server.log(frame.conversation), frame);
      case "sent":
        return this.#sent(this.server.log(frame.conversation), frame);
      case "rejected": {
        const { conversation, id } = frame;
        this.note({ type: "fail", device, conversation, id, reason: "NOT_ALLOWED" });
        this.#settle(id);
      }
    }
  }

  #bases(bases: ReadonlyMap<string, number>): void {
    this.based = true;
    for (const [conversation, seq] of bases) {
      this.note({ type: "base", device: this.name, conversation, seq });
      const log = this.server.log(conversation);
      if (seq > this.position(log).last) this.#advance(log, seq);
    }
  }

  #deliver(log: Log, { kind, after, entry }: Delivered): void {
    const at = { device: this.name, conversation: log.id };
    const held = kind === "placeholder";
    if (!held) this.note({ type: "recv", ...at, after, ...entry });
    const position = this.position(log);
    if (entry.seq <= position.last) return this.ack(log);
    // A gap, or a new device that does not know yet where it begins.
    if (after > position.last || !this.based) return;
    const known = position.ahead.some((own) => own.seq === entry.seq);
    const settled = this.#settle(entry.id) !== undefined;
    if (!held && !settled && !known && this.server.isBad(this, entry)) {
      this.note({ type: "nack", ...at, seq: entry.seq });
      return this.server.nack(this, log, entry);
    }
    if (held && !settled && !known) {
      const { seq, sender, id } = entry;
      position.placeholders.add(seq);
      this.note({ type: "placeholder", ...at, seq, sender, id });
    } else if (!known) this.note({ type: "shown", ...at, ...entry });
    this.#advance(log, entry.seq);
    this.ack(log);
  }

  #replace(log: Log, entry: SeenEntry): void {
    const at = { device: this.name, conversation: log.id };
    if (this.position(log).placeholders.delete(entry.seq)) {
      this.note({ type: "replaced", ...at, ...entry });
    }
    this.server.replaced(this, log, entry.seq);
    this.note({ type: "replayed", ...at, seq: entry.seq });
  }

  #sent(log: Log, { id, seq, after }: Extract<Frame, { kind: "sent" }>): void {
    const at = { device: this.name, conversation: log.id };
    this.note({ type: "ok", ...at, id, seq, after });
    const waiting = this.#settle(id);
    if (waiting === undefined) return;
    this.note({ type: "shown", ...at, seq, ...waiting.message });
    const position = this.position(log);
    if (seq <= position.last) return;
    if (after <= position.last) this.#advance(log, seq);
    else position.ahead.push({ seq, after });
  }

  #receipt(log: Log, frame: Extract<Frame, { kind: "receipt" }>) {
    const { name: device } = this;
    const { conversation, delivered, read, ownRead, except, exceptRanges } = frame;
    const without = {
      ...(except.length > 0 ? { except } : {}),
      ...(exceptRanges.length > 0 ? { exceptRanges } : {}),
    };
    const told = { delivered, read, ownRead, ...without };
    this.note({ type: "receipt", device, conversation, ...told });
    const position = this.position(log);
    if (delivered <= position.delivered && read <= position.peerRead) return;
    position.delivered = Math.max(delivered, position.delivered);
    position.peerRead = Math.max(read, position.peerRead);
    const tick = { delivered: position.delivered, read: position.peerRead };
    this.note({ type: "tick", device, conversation, ...tick });
  }

  #settle(id: string): Waiting | undefined {
    const index = this.outbox.findIndex(({ message }) => message.id === id);
    return index < 0 ? undefined : this.outbox.splice(index, 1)[0];
  }

  #advance(log: Log, seq: number): void {
    const position = this.position(log);
    position.last = seq;
    position.ahead.sort((a, b) => a.seq - b.seq);
    for (const own of position.ahead) {
      if (own.seq > position.last && own.after <= position.last) position.last = own.seq;
    }
    position.ahead = position.ahead.filter((own) => own.seq > position.last);
  }

  ack(log: Log): void {
    const position = this.position(log);
    if (position.last === 0) return;
    const { last } = position;
    this.note({ type: "ack", device: this.name, conversation: log.id, seq: last });
    if (this.online) this.server.ack(this, log, last, 0);
  }

  read(log: Log): void {
    const position = this.position(log);
    if (position.last === 0) return;
    position.read = position.last;
    const seq = position.read;
    this.note({ type: "read", device: this.name, conversation: log.id, seq });
    if (this.online) this.server.ack(this, log, seq, seq);
  }
}
