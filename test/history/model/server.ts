import { limits } from "../../../lib/limits.js";
import type { SeenEntry } from "../events.js";
import type { ModelDevice } from "./device.js";
import { Log } from "./log.js";

/** Cursors by conversation, of one device. */
type Cursors = Map<string, number>;

/** An entry that a device could not take in. */
interface Parked {
  readonly device: string;
  readonly user: string;
  readonly entry: SeenEntry;
  /** None of the user's devices had it. */
  readonly unseen: boolean;
}

/** The model's server: logs and stored cursors last, everything else is lost with a restart. */
export class ModelServer {
  readonly logs = new Map<string, Log>();
  readonly #cursors = new Map<string, Cursors>();
  readonly #stored = new Map<string, Cursors>();
  /** Moves that receipts has not stored yet. */
  #moves: { log: Log; user: string; delivered: number; read: number }[] = [];
  /** Where each connected device has to get to, by conversation, and whether it waits for CaughtUp. */
  readonly #targets = new Map<string, Cursors>();

  /** Devices that cannot take every fourth entry in. */
  readonly broken = new Set<string>();
  readonly #nacks = new Map<string, number>();
  readonly #parked = new Map<Log, Map<string, Parked>>();

  log(id: string): Log {
    const log = this.logs.get(id) ?? new Log(id);
    this.logs.set(id, log);
    return log;
  }

  /** A connection came: a new device is told where it begins. */
  attach(device: ModelDevice): void {
    const stored = this.#stored.get(device.name);
    const targets: Cursors = new Map();
    const bases: Cursors = new Map();
    for (const log of this.logs.values()) {
      const seq = log.members.get(device.user)?.lastUpTo(log.head) ?? 0;
      targets.set(log.id, seq);
      if (seq > 0) bases.set(log.id, seq);
    }
    if (stored === undefined) {
      this.#stored.set(device.name, new Map(bases));
      this.#cursors.set(device.name, new Map(bases));
    }
    if (!device.based) {
      const known = this.#stored.get(device.name) as Cursors;
      device.inbox.push({ kind: "bases", bases: stored === undefined ? bases : new Map(known) });
    }
    this.#targets.set(device.name, targets);
  }

  detach(device: ModelDevice): void {
    this.#targets.delete(device.name);
  }

  /** Answers the device's Resume if there is nothing pending, or if it has waited for long. */
  caughtUp(device: ModelDevice, late: boolean): void {
    const targets = this.#targets.get(device.name);
    if (targets === undefined) return;
    let pending = 0;
    for (const [id, target] of targets) pending += Math.max(0, target - this.#cursor(device, id));
    if (pending > 0 && !late) return;
    this.#targets.delete(device.name);
    device.inbox.push({ kind: "caughtUp", pending });
  }

  #cursor(device: ModelDevice, conversation: string): number {
    return this.#cursors.get(device.name)?.get(conversation) ?? 0;
  }

  send(device: ModelDevice, log: Log, number: number, message: Omit<SeenEntry, "seq">) {
    const before = log.head;
    const answer = log.send(device.name, number, message);
    const { id } = message;
    if (answer.kind === "refused") {
      device.inbox.push({ kind: "rejected", conversation: log.id, id });
    } else if (answer.kind === "stored") {
      const { seq } = answer;
      const after = log.members.get(device.user)?.lastUpTo(seq - 1) ?? 0;
      device.inbox.push({ kind: "sent", conversation: log.id, id, seq, after });
    }
    return log.head > before;
  }

  /** One entry, if the device may see it. */
  push(device: ModelDevice, log: Log, seq: number): void {
    const member = log.members.get(device.user);
    const entry = log.entries[seq - 1];
    if (entry === undefined || member?.sees(seq) !== true) return;
    const after = member.lastUpTo(seq - 1);
    const kind = this.#parked.get(log)?.has(`${device.name} ${seq}`) ? "placeholder" : "deliver";
    device.inbox.push({ kind, conversation: log.id, after, entry });
  }

  isBad({ name }: ModelDevice, { seq }: SeenEntry): boolean {
    return this.broken.has(name) && seq % 4 === 0;
  }

  /** The device refuses an entry: it comes again, and with the third time as a placeholder, with all behind it. */
  nack(device: ModelDevice, log: Log, entry: SeenEntry): void {
    const key = `${device.name} ${entry.seq}`;
    const count = (this.#nacks.get(`${log.id} ${key}`) ?? 0) + 1;
    this.#nacks.set(`${log.id} ${key}`, count);
    if (count < limits.nacksMax) return this.push(device, log, entry.seq);
    const { name, user } = device;
    const moved = this.#moves.some(
      (move) => move.log === log && move.user === user && move.delivered >= entry.seq,
    );
    const unseen = !moved && (log.delivered.get(user) ?? 0) < entry.seq;
    const parked = this.#parked.get(log) ?? new Map<string, Parked>();
    this.#parked.set(log, parked.set(key, { device: name, user, entry, unseen }));
    for (let { seq } = entry; seq <= log.head; seq++) this.push(device, log, seq);
  }

  /** An operator sends again what is parked for the device. */
  replay(device: ModelDevice, log: Log): void {
    for (const { device: name, entry } of this.#parked.get(log)?.values() ?? []) {
      if (name !== device.name) continue;
      device.inbox.push({ kind: "replace", conversation: log.id, after: 0, entry });
    }
  }

  replaced(device: ModelDevice, log: Log, seq: number): void {
    this.#parked.get(log)?.delete(`${device.name} ${seq}`);
  }

  ack(device: ModelDevice, log: Log, seq: number, read: number): void {
    const cursors = this.#cursors.get(device.name) ?? new Map<string, number>();
    this.#cursors.set(device.name, cursors);
    cursors.set(log.id, Math.max(seq, cursors.get(log.id) ?? 0));
    this.#moves.push({ log, user: device.user, delivered: seq, read });
  }

  /** Receipts stores what it was told. */
  storeMoves(): void {
    for (const { log, user, delivered, read } of this.#moves) {
      raise(log.delivered, user, delivered);
      raise(log.read, user, read);
    }
    this.#moves = [];
  }

  /** Tells the ticks of a conversation, as stored. */
  tell(device: ModelDevice, log: Log): void {
    const { user } = device;
    const ownRead = log.read.get(user) ?? 0;
    const delivered = log.minimum(log.delivered, user);
    const read = log.minimum(log.read, user);
    const except = [...(this.#parked.get(log)?.values() ?? [])]
      .filter((parked) => parked.unseen && parked.entry.sender === user && parked.user !== user)
      .map(({ entry }) => entry.seq);
    const others = [...log.members.values()].filter((member) => member.user !== user);
    const exceptRanges = others.flatMap((member) => [...member.holes(delivered)]);
    const cursors = { delivered, read, ownRead, except, exceptRanges };
    device.inbox.push({ kind: "receipt", conversation: log.id, ...cursors });
  }

  /** Stores the cursors of devices, as happens now and then. */
  storeCursors(): void {
    for (const [device, cursors] of this.#cursors) this.#stored.set(device, new Map(cursors));
  }

  restart(): void {
    this.#cursors.clear();
    for (const [device, cursors] of this.#stored) this.#cursors.set(device, new Map(cursors));
    this.#moves = [];
    this.#targets.clear();
  }
}

function raise(cursors: Cursors, key: string, value: number): void {
  cursors.set(key, Math.max(value, cursors.get(key) ?? 0));
}
