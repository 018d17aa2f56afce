import type { Device } from "./devices.js";
import type { Findings } from "./findings.js";
import type { Membership } from "./membership.js";
import type { Sends } from "./sends.js";

/** On a connected device everything acknowledged is shown within this, once nothing is broken. */
export const SHOWN_WITHIN_MS = 15_000;

interface Watch {
  readonly device: Device;
  readonly conversation: string;
  /** When the device fell behind, as far as it has no excuse. */
  readonly sinceMs: number;
}

interface Deps {
  readonly findings: Findings;
  readonly membership: Membership;
  readonly sends: Sends;
}

/**
 * I1 in time. What is shown late is seen when it is shown. What is never shown is found by a watch per device and
 * conversation that is behind; they are looked at in the order they began, so each line of the history costs the same.
 */
export class Deadlines {
  readonly #watches = new Map<string, Watch>();
  #faultMs = Number.NEGATIVE_INFINITY;
  #nowMs = 0;

  constructor(readonly deps: Deps) {}

  fault(): void {
    this.#faultMs = this.#nowMs;
  }

  /** Something was acknowledged, or the device has come back. */
  owes(device: Device, conversation: string, sinceMs = this.#nowMs): void {
    if (!device.online) return;
    const key = `${device.name} ${conversation}`;
    if (this.#watches.has(key)) return;
    if (device.view(conversation).through.value >= this.#target(device, conversation)) return;
    this.#watches.set(key, { device, conversation, sinceMs });
  }

  #target(device: Device, conversation: string): number {
    const member = this.deps.membership.member(conversation, device.user);
    return member?.lastUpTo(this.deps.sends.acked(conversation)) ?? 0;
  }

  /** Time has come to this. */
  advance(nowMs: number, line: number): void {
    this.#nowMs = nowMs;
    for (const [key, watch] of this.#watches) {
      if (nowMs - watch.sinceMs <= SHOWN_WITHIN_MS) return;
      this.#watches.delete(key);
      this.#due(watch, line);
    }
  }

  /** The device shows an entry of somebody else. */
  shown(device: Device, conversation: string, seq: number, line: number): void {
    const { sends } = this.deps;
    const okLine = sends.at(conversation, seq)?.okLine ?? 0;
    if (okLine > 0 && this.#isLate(device, conversation, seq)) {
      this.#late(device, conversation, seq, line);
    }
  }

  #due({ device, conversation }: Watch, line: number): void {
    if (!device.online) return;
    const member = this.deps.membership.member(conversation, device.user);
    const { through } = device.view(conversation);
    const missing = member?.firstAfter(through.value) ?? 0;
    if (missing > this.#target(device, conversation)) return;
    if (!this.#isLate(device, conversation, missing)) {
      return this.owes(device, conversation, this.#dueSince(device, conversation, missing));
    }
    this.#late(device, conversation, missing, line);
    this.owes(device, conversation);
  }

  /** Faults and a new connection put it off. */
  #dueSince(device: Device, conversation: string, seq: number): number {
    const ackedMs = this.deps.sends.ackedSince(conversation, seq);
    return Math.max(ackedMs, this.#faultMs, device.onlineSince);
  }

  #isLate(device: Device, conversation: string, seq: number): boolean {
    return this.#nowMs - this.#dueSince(device, conversation, seq) > SHOWN_WITHIN_MS;
  }

  #late(device: Device, conversation: string, seq: number, line: number): void {
    const okLine = this.deps.sends.at(conversation, seq)?.okLine;
    const what = `${device.name} does not show ${seq} of ${conversation} within ${SHOWN_WITHIN_MS} ms`;
    this.deps.findings.add("I1", what, okLine, line);
  }
}
