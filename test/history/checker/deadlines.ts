import type { Device } from "./devices.js";
import type { Findings } from "./findings.js";
import type { Membership } from "./membership.js";
import type { Sends } from "./sends.js";

/** On a connected device everything acknowledged is shown within this, once nothing is broken. */
export const SHOWN_WITHIN_MS = 15_000;

interface Watch {
  readonly device: Device;
  readonly conversation: string;
  /** When the device fell behind, or when it was last excused. */
  sinceMs: number;
  /** What it has to show by then. */
  seq: number;
}

interface Deps {
  readonly findings: Findings;
  readonly membership: Membership;
  readonly sends: Sends;
}

/**
 * I1 in time. One watch per device and conversation that is behind, in the order they began: whoever shows what was
 * acknowledged when its watch began gets a new one for the rest, so a device that is always a little behind is looked at every
 * 15 s and noticed after 30 s at the latest.
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
  owes(device: Device, conversation: string): void {
    if (!device.online) return;
    const key = `${device.name} ${conversation}`;
    if (this.#watches.has(key)) return;
    const seq = this.#target(device, conversation);
    if (device.view(conversation).through.value >= seq) return;
    this.#watches.set(key, { device, conversation, sinceMs: this.#nowMs, seq });
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

  #due(watch: Watch, line: number): void {
    const { device, conversation, seq } = watch;
    if (!device.online) return;
    const view = device.view(conversation);
    const excused = Math.max(this.#faultMs, device.onlineSince) > watch.sinceMs;
    if (view.through.value < seq && !excused) {
      const { sends, findings } = this.deps;
      const what = `${device.name} does not show ${seq} of ${conversation} after ${SHOWN_WITHIN_MS} ms`;
      findings.add("I1", what, view.through.line, sends.at(conversation, seq)?.okLine, line);
    }
    this.owes(device, conversation);
  }
}
