import type { Fact } from "../events.js";
import type { Device } from "./devices.js";
import type { Findings } from "./findings.js";
import type { Membership } from "./membership.js";
import type { Sends } from "./sends.js";

interface Question {
  readonly device: Device;
  readonly conversation: string;
  /** What was acknowledged when it was asked. */
  readonly acked: number;
  /** It asked for what is up to here. */
  readonly top: number;
  readonly line: number;
}

interface Deps {
  readonly findings: Findings;
  readonly membership: Membership;
  readonly sends: Sends;
}

/** What was acknowledged can be read again: I7. */
export class Pages {
  readonly #asked = new Map<string, Question>();

  constructor(readonly deps: Deps) {}

  ask(device: Device, { conversation, request, before }: Fact<"ask">, line: number): void {
    const acked = this.deps.sends.acked(conversation);
    const top = before === 0 ? Number.POSITIVE_INFINITY : before - 1;
    this.#asked.set(`${device.name} ${request}`, { device, conversation, acked, top, line });
  }

  /** A page holds all that its reader may see, from its lower end to its upper one. */
  page(device: Device, event: Fact<"page">, line: number): void {
    const { conversation, entries, before: from } = event;
    const { membership, sends } = this.deps;
    const asked = this.#asked.get(`${device.name} ${event.request}`);
    this.#asked.delete(`${device.name} ${event.request}`);
    const member = membership.member(conversation, device.user);
    if (asked === undefined) return;
    let last = from === 0 ? 0 : from - 1;
    for (const entry of entries) {
      this.#isStored(asked, entry, line);
      sends.place(conversation, entry, line);
      if (member?.sees(entry.seq) !== true) {
        const what = `${device.name} was shown ${entry.seq} of ${conversation}, which ${device.user} may not see`;
        this.deps.findings.add("I9", what, asked.line, line);
        continue;
      }
      this.#missing(asked, member.firstAfter(last), entry.seq - 1, line);
      last = Math.max(last, entry.seq);
      if (entry.seq <= asked.top) continue;
      const what = `${device.name} asked for what is up to ${asked.top} and got ${entry.seq}`;
      this.deps.findings.add("I7", what, asked.line, line);
    }
    if (member === undefined) return;
    const end = member.lastUpTo(Math.min(asked.top, asked.acked));
    this.#missing(asked, member.firstAfter(last), end, line);
  }

  #missing(
    { device, conversation, line: asked }: Question,
    seq: number,
    end: number,
    line: number,
  ) {
    if (seq > end) return;
    const okLine = this.deps.sends.at(conversation, seq)?.okLine;
    const what = `${device.name} asked for ${conversation} and did not get ${seq}, which was stored`;
    this.deps.findings.add("I7", what, okLine, asked, line);
  }

  #isStored(asked: Question, { seq, id, body }: Fact<"page">["entries"][number], line: number) {
    const { device, conversation } = asked;
    const stored = this.deps.sends.at(conversation, seq);
    if (stored === undefined || stored.id === id) return;
    if (stored.okLine === 0 || stored.okLine > asked.line) return;
    const what = `${device.name} asked for ${conversation} and got ${body} in the place of ${stored.body}, which was stored`;
    this.deps.findings.add("I7", what, stored.okLine, asked.line, line);
  }

  /** Everything had its time: a device that is still connected has its answers. */
  settled(line: number): void {
    for (const { device, conversation, acked, top, line: asked } of this.#asked.values()) {
      const member = this.deps.membership.member(conversation, device.user);
      const first = member?.firstAfter(0) ?? Number.POSITIVE_INFINITY;
      if (first > Math.min(acked, top)) continue;
      if (!device.online || device.dialLine > asked) continue;
      const what = `${device.name} asked for ${conversation} and got no answer`;
      this.deps.findings.add("I7", what, asked, line);
    }
    this.#asked.clear();
  }
}
