import { Random } from "../../sim/random.js";
import { changeBody, type HistoryEvent, type HistoryFact } from "../events.js";
import { ModelDevice } from "./device.js";
import type { Log } from "./log.js";
import { ModelServer } from "./server.js";

const STEP_MS = 30;
/** As in the product: whoever has been in and out so often does not come back. */
const INTERVALS_MAX = 8;
const PAIR = ["us_ann", "us_bob"] as const;

/**
 * A history that a correct system could have produced: several users and devices, two chats of two and a group, lost and doubled
 * frames, broken connections, restarts, retries, new devices, members who come and go, blocks; in each round until all is at rest. The
 * seed decides everything.
 */
export function validHistory(seed: number, rounds = 1): HistoryEvent[] {
  return new World(new Random(`history ${seed}`)).run(rounds);
}

class World {
  readonly #events: HistoryEvent[] = [];
  readonly #server = new ModelServer();
  readonly #devices: ModelDevice[] = [];
  readonly #users: string[];
  readonly #logs: Log[];
  #now = 0;
  #messages = 0;

  constructor(readonly random: Random) {
    this.#users = ["us_ann", "us_bob", "us_cyd"].slice(0, 2 + random.below(2));
    const logs = ["dm_ann_bob", "gr_all", "dm_blocks"].map((id) => this.#server.log(id));
    const [chat, group, blocks] = logs as [Log, Log, Log];
    this.#logs = logs;
    for (const log of [chat, blocks]) for (const user of PAIR) this.#join(log, user);
    for (const user of this.#users) this.#join(group, user);
    this.#change(group, this.#users[0] as string, "created");
    for (const user of this.#users) this.#newDevice(user);
  }

  run(rounds: number): HistoryEvent[] {
    for (let round = 0; round < rounds; round++) this.#round();
    this.#evidence();
    return this.#events;
  }

  #round(): void {
    const steps = 20 + this.random.below(120);
    for (let step = 0; step < steps; step++) this.#act();
    this.#rest();
    for (const device of this.#devices) if (device.online) this.#readAll(device);
    this.#giveUp();
    this.#note({ type: "settled", ticks: true });
  }

  #note(fact: HistoryFact): void {
    this.#events.push({ at: this.#now, ...fact });
  }

  #join(log: Log, user: string): void {
    const from = log.join(user);
    this.#note({ type: "member", conversation: log.id, user, from, through: 0 });
  }

  /** An entry that no device sends: what becomes different with it is so from its seq on. */
  #change(log: Log, user: string, kind: string): void {
    const id = `change-${log.head + 1}`;
    const body = changeBody(kind);
    this.#note({ type: "change", conversation: log.id, user, id, body });
    const seq = log.append({ sender: user, id, body });
    if (this.random.chance(0.8)) this.#note({ type: "changed", conversation: log.id, seq });
    this.#fanOut(undefined, log);
  }

  #newDevice(user: string): void {
    const name = `${user.slice(3)}-${this.#devices.length}`;
    this.#note({ type: "device", device: name, user });
    const device = new ModelDevice(name, user, this.#server, (fact) => this.#note(fact));
    this.#devices.push(device);
    if (this.random.chance(0.15)) this.#server.broken.add(name);
    device.connect();
  }

  #act(): void {
    this.#now += this.random.below(STEP_MS);
    const { random } = this;
    const device = random.pick(this.#devices);
    const log = random.pick(this.#logs);
    const choice = random.below(100);
    if (choice < 25) this.#invoke(device, log);
    else if (choice < 45) this.#transmit(device);
    else if (choice < 70) for (let n = random.below(6); n >= 0; n--) device.step();
    else if (choice < 76) this.#redeliver(device, log);
    else if (choice < 82) this.#toggle(device);
    else if (choice < 86) this.#receipts(log);
    else if (choice < 90 && device.online) device.read(log);
    else if (choice < 92) this.#server.storeCursors();
    else if (choice < 94) this.#server.caughtUp(device, random.chance(0.3));
    else if (choice < 96) this.#rare(device, log);
    else if (choice < 97) this.#membership();
    else if (choice < 98) this.#block();
    else this.#calm();
  }

  #rare(device: ModelDevice, log: Log): void {
    const choice = this.random.below(4);
    if (choice === 0) this.#restart();
    else if (choice === 1) this.#page(device, log);
    else if (choice === 2 && device.online) this.#server.replay(device, log);
    else if (this.#devices.length < 6) this.#newDevice(this.random.pick(this.#users));
  }

  #invoke(device: ModelDevice, log: Log): void {
    if (!log.members.has(device.user)) return;
    const id = `id-${++this.#messages}`;
    device.invoke(log, id, `message ${this.#messages}`);
  }

  /** Sends what waits, in order; each frame may be lost, or arrive twice. */
  #transmit(device: ModelDevice, lossless = false): void {
    if (!device.online) return;
    for (const { log, number, message } of [...device.outbox]) {
      if (!lossless && this.random.chance(0.1)) break;
      const isNew = this.#server.send(device, log, number, message);
      if (!lossless && this.random.chance(0.1)) this.#server.send(device, log, number, message);
      if (isNew) this.#fanOut(device, log);
    }
  }

  #fanOut(sender: ModelDevice | undefined, log: Log): void {
    for (const device of this.#devices) {
      if (device === sender || !device.online || this.random.chance(0.2)) continue;
      this.#server.push(device, log, log.head);
    }
  }

  /** A probe, or an answer to Resync. */
  #redeliver(device: ModelDevice, log: Log): void {
    if (!device.online) return;
    const from = Math.max(0, device.position(log).last - this.random.below(3));
    for (let seq = from + 1; seq <= log.head; seq++) this.#server.push(device, log, seq);
  }

  #toggle(device: ModelDevice): void {
    if (device.online) device.disconnect();
    else device.connect();
  }

  #receipts(log: Log): void {
    this.#server.storeMoves();
    for (const device of this.#devices) {
      const hears = device.online && log.isMember(device.user);
      if (hears && this.random.chance(0.8)) this.#server.tell(device, log);
    }
  }

  #restart(): void {
    this.#note({ type: "fault", what: "restart" });
    this.#server.restart();
    for (const device of this.#devices) if (device.online) device.disconnect();
    this.#note({ type: "fault", what: "restarted" });
  }

  #membership(): void {
    const log = this.#logs[1] as Log;
    const user = this.random.pick(this.#users);
    const others = this.#users.filter((other) => other !== user && log.isMember(other));
    const by = this.random.pick([user, ...others]);
    if (log.isMember(user)) {
      this.#change(log, by, "removed");
      this.#note({ type: "member", conversation: log.id, user, ...log.leave(user) });
    } else if ((log.members.get(user)?.intervals.length ?? 0) < INTERVALS_MAX) {
      this.#join(log, user);
      this.#change(log, by, "added");
    }
  }

  /** One of the two blocks the other one, or does so no more. */
  #block(): void {
    const log = this.#logs[2] as Log;
    const user = this.random.pick(PAIR);
    const type = log.blocks(user) ? "unblock" : "block";
    this.#note({ type, conversation: log.id, user, seq: log.block(user, type) });
  }

  #page(device: ModelDevice, log: Log, before = 0, limit = 1 + this.random.below(8)): void {
    const member = log.members.get(device.user);
    if (!device.online || member === undefined) return;
    const at = { device: device.name, conversation: log.id, request: this.#events.length };
    this.#note({ type: "ask", ...at, before });
    const top = before === 0 ? log.head : before - 1;
    const all = log.entries.filter(({ seq }) => seq <= top && member.sees(seq));
    const entries = all.slice(-limit);
    const next = all.length > entries.length ? (entries[0]?.seq ?? 0) : 0;
    this.#note({ type: "page", ...at, before: next, entries });
    if (next > 0) this.#page(device, log, next, limit);
  }

  #readAll(device: ModelDevice): void {
    for (const log of this.#logs) this.#page(device, log);
  }

  /** Everything arrives at everybody who is connected; then time passes. */
  #calm(): void {
    for (let round = 0; round < 4; round++) {
      for (const device of this.#devices) {
        this.#transmit(device, true);
        for (const log of this.#logs) if (device.online) this.#redeliver(device, log);
        while (device.inbox.length > 0) device.step();
      }
    }
    this.#now += 10_000 + this.random.below(30_000);
  }

  /** All is repaired; most devices are connected. */
  #rest(): void {
    for (const device of this.#devices) {
      if (!device.online && this.random.chance(0.9)) device.connect();
    }
    this.#calm();
    for (const device of this.#devices) {
      if (!device.online) continue;
      for (const log of this.#logs) {
        device.ack(log);
        // What was read before is said again: it may have been lost with a restart.
        if (device.position(log).read > 0 || this.random.chance(0.7)) device.read(log);
      }
      this.#server.caughtUp(device, false);
    }
    this.#server.storeMoves();
    for (const device of this.#devices) {
      if (!device.online) continue;
      for (const log of this.#logs) if (log.isMember(device.user)) this.#server.tell(device, log);
      while (device.inbox.length > 0) device.step();
    }
  }

  /** Messages of devices that did not come back have no outcome. */
  #giveUp(): void {
    for (const { name: device, outbox } of this.#devices) {
      for (const { log, message } of outbox) {
        this.#note({ type: "info", device, conversation: log.id, id: message.id });
      }
    }
  }

  #evidence(): void {
    for (const log of this.#logs) {
      for (const user of log.members.keys()) {
        const delivered = log.delivered.get(user) ?? 0;
        const read = log.read.get(user) ?? 0;
        this.#note({ type: "durable", conversation: log.id, user, delivered, read });
      }
    }
    this.#note({ type: "gauge", name: "outgoing bytes", value: this.random.below(65), bound: 64 });
    for (let epoch = 1; epoch < 3; epoch++) {
      this.#note({ type: "takeOver", shard: 7, epoch });
      this.#note({ type: "commit", shard: 7, epoch });
    }
  }
}
