import type { Fact } from "../events.js";
import type { Device, Devices } from "./devices.js";
import type { Findings } from "./findings.js";
import type { Membership } from "./membership.js";
import type { Send, Sends } from "./sends.js";

interface Deps {
  readonly findings: Findings;
  readonly membership: Membership;
  readonly sends: Sends;
  readonly devices: Devices;
}

/** What must have happened once all is well and everything had its time: I1, I8 and I13. */
export class RestChecks {
  /** Entries that a device shows since an operator had them sent again, by conversation and seq, and the lines. */
  readonly #replayed = new Map<string, Map<number, number>>();

  constructor(readonly deps: Deps) {}

  /** CaughtUp: what had been acknowledged when the device dialled is shown. */
  caughtUp(device: Device, line: number): void {
    for (const [conversation, acked] of device.heads) {
      this.#showsAll(device, conversation, acked, line, "was told that it had caught up");
    }
  }

  replayed({ conversation, seq }: Fact<"replayed">, line: number): void {
    const seqs = this.#replayed.get(conversation) ?? new Map<number, number>();
    this.#replayed.set(conversation, seqs.set(seq, line));
  }

  settled(ticks: boolean, line: number): void {
    const { devices, membership, sends } = this.deps;
    for (const conversation of membership.conversations) {
      for (const { user } of membership.of(conversation).values()) {
        for (const device of devices.of(user)) {
          if (!device.online) continue;
          const acked = sends.acked(conversation);
          this.#showsAll(device, conversation, acked, line, "is connected and at rest");
          const own = sends.newestOwn.get(`${user} ${conversation}`);
          if (ticks && own !== undefined) this.#hasTicks(device, own, line);
          if (ticks) this.#knowsOwnRead(device, conversation, line);
          if (ticks) this.#withholdsNothing(device, conversation, line);
        }
      }
    }
    this.#outcomes(line);
  }

  #showsAll(
    device: Device,
    conversation: string,
    acked: number,
    line: number,
    state: string,
  ): void {
    const { membership, sends, findings } = this.deps;
    const member = membership.member(conversation, device.user);
    const { through } = device.view(conversation);
    if (member === undefined || through.value >= member.lastUpTo(acked)) return;
    const missing = member.firstAfter(through.value);
    const what = `${device.name} ${state}, but does not show ${missing} of ${conversation}`;
    findings.add("I1", what, sends.at(conversation, missing)?.okLine, device.dialLine, line);
  }

  /**
   * What all others have, the author is told of. Only connected devices count: what others said may have been lost with a
   * crash, and then they say it again when they are back.
   */
  #hasTicks(device: Device, { conversation, user, seq }: Send, line: number): void {
    const { membership, devices, sends } = this.deps;
    const head = sends.head(conversation);
    if (membership.member(conversation, user)?.isIn(head) !== true) return;
    const others = [...membership.of(conversation).values()]
      .filter((member) => member.user !== user && member.mayCount(seq, head))
      .map((member) => devices.of(member.user).filter(({ online }) => online));
    if (others.length === 0) return;
    const { delivered, peerRead } = device.view(conversation);
    for (const [kind, told] of [["acked", delivered] as const, ["read", peerRead] as const]) {
      const marks = others.map((of) =>
        of.map((one) => one.view(conversation)[kind]).find(({ value }) => value >= seq),
      );
      if (marks.includes(undefined) || told.value >= seq) continue;
      const name = kind === "acked" ? "✓✓" : "blue ✓✓";
      const what = `${device.name} does not have the ${name} of ${seq} in ${conversation}`;
      this.deps.findings.add("I8", what, ...marks.map((mark) => mark?.line), told.line, line);
    }
  }

  /** What the user has read on one device, the others know. */
  #knowsOwnRead(device: Device, conversation: string, line: number): void {
    const { ownRead } = device.view(conversation);
    const { membership, devices, findings, sends } = this.deps;
    const member = membership.member(conversation, device.user);
    const isIn = member?.isIn(sends.head(conversation)) ?? false;
    for (const other of isIn ? devices.of(device.user) : []) {
      const { read } = other.view(conversation);
      if (!other.online || read.value <= ownRead.value) continue;
      const what = `${device.name} does not know that ${other.name} has read up to ${read.value} of ${conversation}`;
      findings.add("I8", what, read.line, ownRead.line, line);
    }
  }

  /** What no device has as a placeholder any more is no exception among the ticks of its author. */
  #withholdsNothing(device: Device, conversation: string, line: number): void {
    const { membership, devices, findings, sends } = this.deps;
    const { except, exceptLine } = device.view(conversation);
    const member = membership.member(conversation, device.user);
    if (!member?.isIn(sends.head(conversation))) return;
    for (const seq of except) {
      const replayed = this.#replayed.get(conversation)?.get(seq);
      if (replayed === undefined) continue;
      const holds = (one: Device) => one.view(conversation).placeholders.has(seq);
      const users = [...membership.of(conversation).keys()];
      if (users.some((user) => devices.of(user).some(holds))) continue;
      const what = `${device.name} has no tick of ${seq} in ${conversation}, which was a placeholder and is shown`;
      findings.add("I8", what, replayed, exceptLine, line);
    }
  }

  #outcomes(line: number): void {
    for (const send of this.deps.sends.open) {
      if (!this.deps.devices.get(send.device).online) continue;
      const what = `${send.body} of ${send.device} has no outcome`;
      this.deps.findings.add("I13", what, send.line, line);
    }
  }
}
