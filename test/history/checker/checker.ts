import type { Fact, HistoryEvent } from "../events.js";
import type { History } from "../recorder.js";
import { CursorChecks } from "./cursors.js";
import { Deadlines } from "./deadlines.js";
import { Deliveries } from "./deliveries.js";
import { type Device, Devices } from "./devices.js";
import { Evidence } from "./evidence.js";
import { Findings } from "./findings.js";
import { Membership } from "./membership.js";
import { Pages } from "./pages.js";
import { RestChecks } from "./rest.js";
import { Sends } from "./sends.js";
import { type Verdict, verdictOf } from "./verdict.js";

/** Checks a history against I1 to I14: a few passes, each linear in its length. */
export function check(history: History): Verdict {
  const membership = new Membership();
  for (const event of history) if (event.type === "member") membership.add(event);
  for (const event of history) {
    if (event.type === "block" || event.type === "unblock") membership.block(event);
  }
  const checker = new Checker(membership);
  let line = 0;
  for (const event of history) {
    line++;
    if (event.type === "change") checker.change(event, line);
  }
  for (const event of history) checker.take(event);
  return checker.finish();
}

/** Takes the events one by one; who is a member from when to when must be known beforehand. */
class Checker {
  readonly #findings = new Findings();
  readonly #devices = new Devices();
  readonly #sends = new Sends(this.#findings);
  readonly #deliveries: Deliveries;
  readonly #pages: Pages;
  readonly #cursors: CursorChecks;
  readonly #deadlines: Deadlines;
  readonly #rest: RestChecks;
  readonly #evidence = new Evidence(this.#findings);
  readonly #conversationsOf = new Map<string, string[]>();
  #line = 0;
  #shown = 0;
  #faults = 0;

  constructor(readonly membership: Membership) {
    const shared = { findings: this.#findings, membership, sends: this.#sends };
    this.#deliveries = new Deliveries(shared);
    this.#pages = new Pages(shared);
    this.#deadlines = new Deadlines(shared);
    this.#cursors = new CursorChecks({ ...shared, devices: this.#devices });
    this.#rest = new RestChecks({ ...shared, devices: this.#devices });
    for (const conversation of membership.conversations) {
      for (const user of membership.of(conversation).keys()) {
        const conversations = this.#conversationsOf.get(user);
        if (conversations === undefined) this.#conversationsOf.set(user, [conversation]);
        else conversations.push(conversation);
      }
    }
  }

  /** A change of a group is asked for at no device, and waits for no ✓: only its place in the log is looked at. */
  change({ conversation, user, id, body }: Fact<"change">, line: number): void {
    const device = `${user}'s ${id}`;
    this.#sends.invoke({ type: "invoke", device, conversation, id, body }, user, line);
    this.#sends.info({ type: "info", device, conversation, id }, line);
  }

  take(event: HistoryEvent): void {
    const line = ++this.#line;
    this.#deadlines.advance(event.at, line);
    switch (event.type) {
      case "device":
        return this.#devices.add(event);
      case "fault":
        this.#faults++;
        return this.#deadlines.fault();
      case "settled":
        this.#pages.settled(line);
        return this.#rest.settled(event.ticks, line);
      case "gauge":
        return this.#evidence.gauge(event, line);
      case "leak":
        return this.#evidence.leak(event, line);
      case "takeOver":
      case "commit":
        return this.#evidence.journal(event, line);
      case "durable":
        return this.#cursors.durable(event, line);
      case "member":
      case "block":
      case "unblock":
      case "change":
        return;
      case "changed":
        this.#sends.changed(event, event.at);
        return this.#acknowledged(event.conversation);
      default:
        return this.#atDevice(this.#devices.get(event.device), event, line);
    }
  }

  #atDevice(device: Device, event: AtDevice, line: number): void {
    switch (event.type) {
      case "invoke":
        return this.#sends.invoke(event, device.user, line);
      case "ok":
        if (this.#sends.ok(event, event.at, line)) this.#acknowledged(event.conversation);
        return this.#deliveries.acknowledged(device, event, line);
      case "fail":
        return this.#sends.fail(event, line);
      case "info":
        return this.#sends.info(event, line);
      case "dial":
      case "connect":
      case "disconnect":
      case "caughtUp":
        return this.#link(device, event, line);
      case "ack":
      case "read":
        return this.#cursors.ack(device, event, line);
      case "receipt":
        return this.#cursors.receipt(device, event, line);
      case "tick":
        return this.#cursors.tick(device, event, line);
      default:
        return this.#entry(device, event, line);
    }
  }

  #entry(device: Device, event: EntryEvent, line: number): void {
    switch (event.type) {
      case "base":
        return this.#deliveries.base(device, event, line);
      case "recv":
        return this.#deliveries.recv(device, event, line);
      case "shown":
        this.#shown++;
        if (this.#deliveries.shown(device, event, line)) {
          this.#deadlines.shown(device, event.conversation, event.seq, line);
        } else {
          this.#acknowledged(event.conversation);
        }
        return;
      case "placeholder":
        if (this.#deliveries.placeholder(device, event, line)) {
          this.#deadlines.shown(device, event.conversation, event.seq, line);
        }
        return;
      case "nack":
        return this.#deliveries.nack(device, event);
      case "replaced":
        return this.#deliveries.replaced(device, event, line);
      case "replayed":
        return this.#rest.replayed(event, line);
      case "ask":
        return this.#pages.ask(device, event, line);
      case "page":
        return this.#pages.page(device, event, line);
    }
  }

  #link(device: Device, event: LinkEvent, line: number): void {
    const conversations = this.#conversationsOf.get(device.user) ?? [];
    switch (event.type) {
      case "dial":
        device.heads = new Map(conversations.map((id) => [id, this.#sends.acked(id)]));
        device.dialLine = line;
        return;
      case "connect":
        device.online = true;
        device.onlineSince = event.at;
        for (const conversation of conversations) this.#deadlines.owes(device, conversation);
        return;
      case "disconnect":
        device.online = false;
        return;
      case "caughtUp":
        if (event.pending === 0) this.#rest.caughtUp(device, line);
    }
  }

  #acknowledged(conversation: string): void {
    for (const user of this.membership.of(conversation).keys()) {
      for (const device of this.#devices.of(user)) this.#deadlines.owes(device, conversation);
    }
  }

  finish(): Verdict {
    this.#sends.finish();
    this.#deliveries.finish();
    return verdictOf(this.#findings, {
      lines: this.#line,
      acknowledged: this.#sends.acknowledged,
      shown: this.#shown,
      receipts: this.#cursors.receipts,
      ticks: this.#cursors.ticks,
      faults: this.#faults,
    });
  }
}

type LinkEvent = Extract<HistoryEvent, { type: "dial" | "connect" | "disconnect" | "caughtUp" }>;
type HeldType = "nack" | "placeholder" | "replaced" | "replayed";
type EntryType = "base" | "recv" | "shown" | HeldType | "ask" | "page";
type EntryEvent = Extract<HistoryEvent, { type: EntryType }>;
type AtDevice = Exclude<Extract<HistoryEvent, { device: string }>, { type: "device" }>;
