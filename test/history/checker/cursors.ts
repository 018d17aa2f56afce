import type { Fact } from "../events.js";
import type { Device, Devices, Mark, View } from "./devices.js";
import type { Findings } from "./findings.js";
import type { Member, Membership } from "./membership.js";
import type { Sends } from "./sends.js";

/** How far a user has a conversation: the highest of his devices. */
interface Reached {
  readonly acked: Mark;
  readonly read: Mark;
}

interface Deps {
  readonly findings: Findings;
  readonly membership: Membership;
  readonly devices: Devices;
  readonly sends: Sends;
}

/** Cursors and ticks: I8. */
export class CursorChecks {
  readonly #reached = new Map<string, Reached>();
  receipts = 0;
  ticks = 0;

  constructor(readonly deps: Deps) {}

  ack(device: Device, { conversation, seq, type }: Fact<"ack" | "read">, line: number): void {
    const { findings } = this.deps;
    const view = device.view(conversation);
    const { through } = view;
    const verb = type === "ack" ? "acknowledges" : "reads";
    if (seq > through.value) {
      const what = `${device.name} ${verb} ${seq} of ${conversation} and shows only ${through.value}`;
      findings.add("I8", what, through.line, line);
    }
    const own = type === "ack" ? view.acked : view.read;
    if (seq < own.value) {
      const what = `${device.name} ${verb} ${seq} of ${conversation} after ${own.value}`;
      findings.add("I8", what, own.line, line);
    }
    raise(own, seq, line);
    const reached = this.reached(conversation, device.user);
    raise(reached.acked, seq, line);
    if (type === "read") raise(reached.read, seq, line);
  }

  reached(conversation: string, user: string): Reached {
    const key = `${user} ${conversation}`;
    let reached = this.#reached.get(key);
    if (reached === undefined) {
      reached = { acked: { value: 0, line: 0 }, read: { value: 0, line: 0 } };
      this.#reached.set(key, reached);
    }
    return reached;
  }

  /** What the server says: it never goes back, and claims nothing that has not happened. */
  receipt(device: Device, event: Fact<"receipt">, line: number): void {
    const { conversation, delivered, read, ownRead } = event;
    this.receipts++;
    const view = device.view(conversation);
    view.except = event.except ?? [];
    view.exceptLine = line;
    this.#rises(device, "✓✓", conversation, view.delivered, delivered, line);
    this.#rises(device, "blue ✓✓", conversation, view.peerRead, read, line);
    // 0 says nothing of it.
    const own = ownRead || view.ownRead.value;
    this.#rises(device, "own read position", conversation, view.ownRead, own, line);
    if (read > delivered) {
      const what = `${device.name} was told of ${read} read and ${delivered} delivered in ${conversation}`;
      this.deps.findings.add("I8", what, line);
    }
    for (const member of this.deps.membership.of(conversation).values()) {
      const reached = this.reached(conversation, member.user);
      if (member.user === device.user) {
        this.#happened(device, `own read position in ${conversation}`, ownRead, reached.read, line);
      } else {
        const counts = (seq: number) => (member.since <= seq ? seq : 0);
        const of = `of ${member.user} in ${conversation}`;
        this.#happened(device, `✓✓ ${of}`, counts(delivered), reached.acked, line);
        this.#happened(device, `blue ✓✓ ${of}`, counts(read), reached.read, line);
        this.#arrived(device, member, event, line);
        this.#unseen(device, member, event, line);
      }
    }
  }

  /** A message that nobody of a user's devices shows but as a placeholder has no tick. */
  #arrived(device: Device, { user, since }: Member, event: Fact<"receipt">, line: number): void {
    const { conversation, delivered, except = [] } = event;
    const views = this.deps.devices.of(user).map((one) => one.view(conversation));
    const held = new Map(views.flatMap(({ placeholders }) => [...placeholders]));
    for (const [seq, heldLine] of held) {
      if (seq > delivered || seq < since || except.includes(seq)) continue;
      if (this.deps.sends.at(conversation, seq)?.user !== device.user) continue;
      const has = (view: View) => view.through.value >= seq && !view.placeholders.has(seq);
      if (views.some(has)) continue;
      const what = `${device.name} was told that ${seq} of ${conversation} had arrived; ${user} has a placeholder`;
      this.deps.findings.add("I8", what, heldLine, line);
    }
  }

  /** What was sent to one who had blocked its author has no tick. */
  #unseen(device: Device, member: Member, event: Fact<"receipt">, line: number): void {
    const { conversation, delivered, exceptRanges = [] } = event;
    for (const { from, through } of member.holes(delivered)) {
      if (exceptRanges.some((range) => range.from <= from && range.through >= through)) continue;
      const what = `${device.name} was told that ${from} to ${through} of ${conversation} had arrived; ${member.user} had blocked them`;
      this.deps.findings.add("I8", what, line);
    }
  }

  #happened(device: Device, name: string, told: number, fact: Mark, line: number): void {
    if (told <= fact.value) return;
    const what = `${device.name} was told ${told} as the ${name}; it was at ${fact.value}`;
    this.deps.findings.add("I8", what, fact.line, line);
  }

  /** What the app shows: it never goes back, and is what the server has said. */
  tick(device: Device, { conversation, delivered, read }: Fact<"tick">, line: number): void {
    this.ticks++;
    const view = device.view(conversation);
    this.#rises(device, "shown ✓✓", conversation, view.tickDelivered, delivered, line);
    this.#rises(device, "shown blue ✓✓", conversation, view.tickRead, read, line);
    if (delivered <= view.delivered.value && read <= view.peerRead.value) return;
    const told = `${view.delivered.value} delivered and ${view.peerRead.value} read`;
    const what = `${device.name} shows ticks of ${conversation} up to ${delivered} and ${read}; it was told ${told}`;
    this.deps.findings.add("I8", what, view.delivered.line, line);
  }

  #rises(
    device: Device,
    name: string,
    conversation: string,
    mark: Mark,
    value: number,
    line: number,
  ): void {
    if (value < mark.value) {
      const what = `${device.name}: the ${name} of ${conversation} went back from ${mark.value} to ${value}`;
      this.deps.findings.add("I8", what, mark.line, line);
    }
    raise(mark, value, line);
  }

  /** Whatever was told of this user's cursors must be stored. */
  durable(event: Fact<"durable">, line: number): void {
    const { conversation, user, delivered, read } = event;
    const { membership, devices, findings } = this.deps;
    const since = membership.member(conversation, user)?.since ?? Number.POSITIVE_INFINITY;
    for (const member of membership.of(conversation).values()) {
      for (const device of devices.of(member.user)) {
        const view = device.view(conversation);
        const own = member.user === user;
        const told = own
          ? []
          : [[view.delivered, delivered] as const, [view.peerRead, read] as const];
        if (own) told.push([view.ownRead, read] as const);
        for (const [mark, stored] of told) {
          if (mark.value <= stored || mark.value < since) continue;
          const what = `${device.name} was told ${mark.value} of ${user}'s cursors in ${conversation}; stored is ${stored}`;
          findings.add("I8", what, mark.line, line);
        }
      }
    }
  }
}

function raise(mark: Mark, value: number, line: number): void {
  if (value <= mark.value) return;
  mark.value = value;
  mark.line = line;
}
