import { limits } from "../../../lib/limits.js";
import type { Fact, HistoryEvent } from "../events.js";
import type { Device, View } from "./devices.js";
import type { Findings } from "./findings.js";
import type { Member, Membership } from "./membership.js";
import type { Sends } from "./sends.js";

type Shown = Extract<HistoryEvent, { type: "shown" | "replaced" }>;

interface Deps {
  readonly findings: Findings;
  readonly membership: Membership;
  readonly sends: Sends;
}

/** What reaches devices, and what they show: I3, I4 and I9. */
export class Deliveries {
  readonly #bases: { device: Device; conversation: string; line: number }[] = [];

  constructor(readonly deps: Deps) {}

  base(device: Device, { conversation, seq }: Fact<"base">, line: number): void {
    const view = device.view(conversation);
    if (seq <= view.base.value) return;
    Object.assign(view.base, { value: seq, line });
    this.#bases.push({ device, conversation, line });
    if (seq <= view.through.value) return;
    Object.assign(view.through, { value: seq, line });
    this.#absorb(view, this.deps.membership.member(conversation, device.user), line);
  }

  recv(device: Device, event: Fact<"recv">, line: number): void {
    const { conversation, seq, after } = event;
    const { findings, sends } = this.deps;
    sends.place(conversation, event, line);
    const member = this.#visible(device, conversation, seq, line);
    if (member === undefined) return;
    const before = member.lastUpTo(seq - 1);
    if (after === before) return;
    const what = `${device.name} got ${seq} of ${conversation} as the one after ${after}, not ${before}`;
    findings.add("I4", what, sends.at(conversation, before)?.seqLine, line);
  }

  /** `after` of Sent follows the same rule as that of Deliver. */
  acknowledged(device: Device, { conversation, seq, after }: Fact<"ok">, line: number): void {
    const before = this.deps.membership.member(conversation, device.user)?.lastUpTo(seq - 1) ?? 0;
    if (after === before) return;
    const what = `${device.name} was told that ${seq} of ${conversation} comes after ${after}, not ${before}`;
    this.deps.findings.add("I4", what, line);
  }

  /** True when it is the next entry, and of somebody else. */
  shown(device: Device, event: Shown, line: number): boolean {
    const { conversation, seq, body } = event;
    const { findings, sends } = this.deps;
    const send = sends.place(conversation, event, line);
    const member = this.#visible(device, conversation, seq, line);
    const view = device.view(conversation);
    if (send?.device === device.name) {
      if (send.shownLine > 0) {
        findings.add("I3", `${device.name} shows its own ${body} twice`, send.shownLine, line);
      }
      send.shownLine = line;
      sends.acknowledge(send, seq, event.at, line);
      if (seq > view.through.value) view.ahead.add(seq);
      this.#absorb(view, member, line);
      return false;
    }
    return member !== undefined && this.#shownInOrder(device, view, member, event, line);
  }

  nack(device: Device, { conversation, seq }: Fact<"nack">): void {
    const { nacks } = device.view(conversation);
    nacks.set(seq, (nacks.get(seq) ?? 0) + 1);
  }

  /** True when it is the next one: in its place, too, nothing may be shown twice or left out. */
  placeholder(device: Device, event: Fact<"placeholder">, line: number): boolean {
    const { conversation, seq } = event;
    const send = this.deps.sends.hold(conversation, event, line);
    const member = this.#visible(device, conversation, seq, line);
    if (member === undefined) return false;
    const view = device.view(conversation);
    if ((view.nacks.get(seq) ?? 0) < limits.nacksMax) {
      const what = `${device.name} has only a placeholder for ${seq} of ${conversation}, which it did not refuse`;
      this.deps.findings.add("I1", what, send?.okLine, line);
    }
    view.placeholders.set(seq, line);
    const shown = { conversation, seq, body: `a placeholder for ${send?.body}` };
    return this.#shownInOrder(device, view, member, shown, line);
  }

  /** Only what was a placeholder is replaced, and once. */
  replaced(device: Device, event: Shown, line: number): void {
    const { conversation, seq, body } = event;
    this.deps.sends.place(conversation, event, line);
    if (device.view(conversation).placeholders.delete(seq)) return;
    const what = `${device.name} shows ${body} at ${seq} of ${conversation} in place of no placeholder`;
    this.deps.findings.add("I3", what, line);
  }

  #shownInOrder(
    device: Device,
    view: View,
    member: Member,
    { conversation, seq, body }: Pick<Shown, "conversation" | "seq" | "body">,
    line: number,
  ): boolean {
    const { findings, sends } = this.deps;
    const { through, base } = view;
    const name = `${body} at ${seq} of ${conversation}`;
    if (seq <= through.value) {
      const inOrder = seq > base.value;
      const what = inOrder ? "again, or behind a later one" : `though it began at ${base.value}`;
      const invariant = inOrder ? "I3" : "I4";
      findings.add(invariant, `${device.name} shows ${name} ${what}`, through.line, line);
      return false;
    }
    const next = member.firstAfter(through.value);
    if (seq !== next) {
      const what = `${device.name} shows ${name} without ${next}, which comes before it`;
      findings.add("I4", what, through.line, sends.at(conversation, next)?.seqLine, line);
    }
    Object.assign(through, { value: seq, line });
    this.#absorb(view, member, line);
    return seq === next;
  }

  /** Own messages that were beyond a gap are reached. */
  #absorb(view: View, member: Member | undefined, line: number): void {
    if (member === undefined) return;
    const { ahead, through } = view;
    while (ahead.size > 0) {
      const next = member.firstAfter(through.value);
      if (!ahead.delete(next)) break;
      Object.assign(through, { value: next, line });
    }
    // In the order of sending, so mostly ascending: what is left behind by an exception harms nobody.
    for (const seq of ahead) {
      if (seq > through.value) break;
      ahead.delete(seq);
    }
  }

  #visible(device: Device, conversation: string, seq: number, line: number): Member | undefined {
    const member = this.deps.membership.member(conversation, device.user);
    if (member?.sees(seq)) return member;
    const what = `${device.name} got ${seq} of ${conversation}, which ${device.user} may not see`;
    this.deps.findings.add("I9", what, line);
    return undefined;
  }

  /** A device may begin only behind what had been sent when it was told so. */
  finish(): void {
    const { sends, findings } = this.deps;
    for (const { device, conversation, line } of this.#bases) {
      const { base } = device.view(conversation);
      const last = Math.min(base.value, sends.head(conversation));
      const send = base.line === line ? sends.at(conversation, last) : undefined;
      if (send === undefined || send.line < line) continue;
      const what = `${device.name} begins ${conversation} behind ${base.value}, but ${last} was sent only later`;
      findings.add("I1", what, line, send.line);
    }
  }
}
