import type { Fact, SeenEntry } from "../events.js";
import type { Findings } from "./findings.js";

/** A message somebody sent, and what became of it. Lines are 0 while it has not happened. */
export interface Send {
  readonly id: string;
  readonly device: string;
  readonly user: string;
  readonly conversation: string;
  readonly body: string;
  readonly line: number;
  /** Its place in the log, as soon as anybody has seen it there. */
  seq: number;
  seqLine: number;
  okLine: number;
  okAt: number;
  failLine: number;
  failReason: string;
  infoLine: number;
  /** The line in which the sending device shows it with its ✓. */
  shownLine: number;
}

/** The highest place of a conversation that is known, and acknowledged. */
interface Log {
  /** By seq. */
  readonly sends: (Send | undefined)[];
  acked: number;
  ackedAt: number;
}

/**
 * All messages: who sent them, which outcome they got and where they are in the logs. Sees I2, I5, I10 and I13 on every
 * line that names an entry, and I6 at the end.
 */
export class Sends {
  readonly byId = new Map<string, Send>();
  readonly #logs = new Map<string, Log>();
  /** Those without an outcome. */
  readonly open = new Set<Send>();
  /** The newest acknowledged message of each user and conversation. */
  readonly newestOwn = new Map<string, Send>();
  acknowledged = 0;

  constructor(readonly findings: Findings) {}

  invoke(event: Fact<"invoke">, user: string, line: number): void {
    const { id, device, conversation, body } = event;
    const known = this.byId.get(id);
    if (known !== undefined) {
      if (known.body === body && known.device === device) return;
      const what = `${known.body} of ${known.device} went out as ${body} of ${device}`;
      return this.findings.add("I2", what, known.line, line);
    }
    const send: Send = {
      id,
      device,
      user,
      conversation,
      body,
      line,
      seq: 0,
      seqLine: 0,
      okLine: 0,
      okAt: 0,
      failLine: 0,
      failReason: "",
      infoLine: 0,
      shownLine: 0,
    };
    this.byId.set(id, send);
    this.open.add(send);
  }

  ok(event: Fact<"ok">, at: number, line: number): Send | undefined {
    const { id, conversation, seq, device } = event;
    const send = this.byId.get(id);
    if (send === undefined || send.device !== device || send.conversation !== conversation) {
      this.findings.add("I2", `${device} got ✓ for ${id}, which it did not send`, send?.line, line);
      return undefined;
    }
    if (send.seq > 0 && send.seq !== seq) {
      const what = `${device} got ✓ at ${seq} for ${send.body}, which is at ${send.seq}`;
      this.findings.add("I13", what, send.line, send.okLine || send.seqLine, line);
    }
    if (send.failLine > 0) this.#bothOutcomes(send, line);
    this.place(conversation, { ...send, sender: send.user, seq }, line);
    this.acknowledge(send, seq, at, line);
    return send;
  }

  /** The sender knows that it is stored: by Sent, or because it was delivered to the sending device itself. */
  acknowledge(send: Send, seq: number, at: number, line: number): void {
    if (send.okLine > 0) return;
    this.acknowledged++;
    send.okLine = line;
    send.okAt = at;
    this.open.delete(send);
    const key = `${send.user} ${send.conversation}`;
    if (seq > (this.newestOwn.get(key)?.seq ?? 0)) this.newestOwn.set(key, send);
    this.#reaches(send.conversation, seq, at);
  }

  /** A change of a group is acknowledged: it has no ticks, and must reach everybody as a message must. */
  changed({ conversation, seq }: Fact<"changed">, at: number): void {
    this.#reaches(conversation, seq, at);
  }

  #reaches(conversation: string, seq: number, at: number): void {
    const log = this.#log(conversation);
    if (seq <= log.acked) return;
    log.acked = seq;
    log.ackedAt = at;
  }

  fail({ id, device, reason }: Fact<"fail">, line: number): void {
    const send = this.byId.get(id);
    if (send === undefined || send.device !== device) {
      const what = `${device} got an outcome for ${id}, which it did not send`;
      return this.findings.add("I13", what, send?.line, line);
    }
    if (reason === "CONFLICT") {
      const what = `${device}: ${send.body} is said to be another message, and no other has its key`;
      this.findings.add("I13", what, send.line, line);
    }
    if (send.failLine > 0 && send.failReason !== reason) {
      const what = `${device}: ${send.body} was refused for ${send.failReason}, then for ${reason}`;
      this.findings.add("I13", what, send.line, send.failLine, line);
    }
    if (send.okLine > 0 || send.seq > 0) this.#bothOutcomes(send, line);
    this.open.delete(send);
    send.failLine ||= line;
    send.failReason ||= reason;
  }

  info({ id }: Fact<"info">, line: number): void {
    const send = this.byId.get(id);
    if (send === undefined) return;
    this.open.delete(send);
    send.infoLine ||= line;
  }

  #bothOutcomes(send: Send, line: number): void {
    const what = `${send.body} of ${send.device} was both refused and stored`;
    this.findings.add("I13", what, send.line, send.okLine || send.seqLine, send.failLine, line);
  }

  /** Somebody saw the entry at this place. Gives the send it belongs to. */
  place(conversation: string, entry: SeenEntry, line: number): Send | undefined {
    const { seq, id } = entry;
    const send = this.byId.get(id);
    if (send === undefined) {
      this.findings.add("I2", `${id} at ${seq} in ${conversation} was sent by nobody`, line);
      return undefined;
    }
    this.#isUnaltered(send, conversation, entry, line);
    if (send.seq === seq) return send;
    if (send.seq > 0) {
      const what = `${send.body} of ${send.device} is in the log twice: at ${send.seq} and ${seq}`;
      this.findings.add("I10", what, send.line, send.seqLine, line);
      return send;
    }
    if (send.failLine > 0) this.#bothOutcomes(send, line);
    const { sends } = this.#log(conversation);
    const other = sends[seq];
    if (other !== undefined) {
      const what = `seq ${seq} of ${conversation} is ${other.body} and ${send.body}`;
      this.findings.add("I5", what, other.line, other.seqLine, send.line, line);
      return send;
    }
    sends[seq] = send;
    send.seq = seq;
    send.seqLine = line;
    return send;
  }

  #isUnaltered(send: Send, conversation: string, { sender, body }: SeenEntry, line: number): void {
    let what = "";
    if (send.conversation !== conversation) what = `is shown in ${conversation}`;
    else if (send.body !== body) what = `has become ${body}`;
    else if (send.user !== sender) what = `is said to be by ${sender}`;
    if (what === "") return;
    this.findings.add("I2", `${send.body} of ${send.device} ${what}`, send.line, line);
  }

  /** A placeholder says of an entry where it is and whose, and nothing else. */
  hold(conversation: string, entry: Omit<SeenEntry, "body">, line: number): Send | undefined {
    return this.place(conversation, { ...entry, body: this.byId.get(entry.id)?.body ?? "" }, line);
  }

  /** Everything up to here is acknowledged, and so in the log for good. */
  acked(conversation: string): number {
    return this.#logs.get(conversation)?.acked ?? 0;
  }

  /** The highest place anybody has seen. */
  head(conversation: string): number {
    return (this.#logs.get(conversation)?.sends.length ?? 1) - 1;
  }

  /** Since when, or a little later: not every ✓ arrives. */
  ackedSince(conversation: string, seq: number): number {
    const log = this.#log(conversation);
    return log.sends[seq]?.okAt || log.ackedAt;
  }

  at(conversation: string, seq: number): Send | undefined {
    return this.#logs.get(conversation)?.sends[seq];
  }

  /** Each device's messages are in the log in the order in which it was given them. */
  finish(): void {
    const last = new Map<string, Send>();
    for (const send of this.byId.values()) {
      if (send.seq === 0) continue;
      const key = `${send.device} ${send.conversation}`;
      const before = last.get(key);
      if (before !== undefined && before.seq > send.seq) {
        const what = `${send.body} of ${send.device} is at ${send.seq}, before ${before.body} at ${before.seq}`;
        this.findings.add("I6", what, before.line, send.line, before.seqLine, send.seqLine);
      } else {
        last.set(key, send);
      }
    }
  }

  #log(conversation: string): Log {
    let log = this.#logs.get(conversation);
    if (log === undefined) {
      log = { sends: [], acked: 0, ackedAt: 0 };
      this.#logs.set(conversation, log);
    }
    return log;
  }
}
