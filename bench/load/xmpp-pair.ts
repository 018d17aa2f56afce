import { noCounts } from "./chat-pair.js";
import { later } from "./later.js";
import { SendTimes } from "./send-times.js";
import type { LoadPair } from "./subject.js";
import { attribute, child } from "./xmpp-scan.js";
import { SM, type XmppEvents, XmppSocket, type XmppUser } from "./xmpp-socket.js";

const RECEIPTS = "urn:xmpp:receipts";
const MARKERS = "urn:xmpp:chat-markers:0";

/**
 * Two users of an XMPP server, doing what a ChatPair does. A sends to B's bare address, as clients
 * do, with a receipt request (XEP-0184), markable (XEP-0333), and asks for the server's
 * acknowledgement (XEP-0198) behind every message: its answer is the ✓. B answers to A's full
 * address with <received/>, and a moment later with <displayed/>; it does not ask the server to
 * acknowledge those.
 */
export class XmppPair implements LoadPair {
  readonly counts = noCounts();
  onSent: (latencyMs: number) => void = () => {};
  onRead: (latencyMs: number) => void = () => {};
  onBroken: (why: string) => void = () => {};
  #a: XmppSocket | undefined;
  #b: XmppSocket | undefined;
  #toA = "";
  #toB = "";
  #times = new SendTimes();
  #received = 0;
  #toRead = 0;
  #lastRead = 0;
  #reading = false;

  constructor(
    readonly users: readonly [XmppUser, XmppUser],
    readonly text: string,
  ) {}

  /** Registers both users and brings them online. */
  async connect(): Promise<void> {
    const [a, b] = this.users;
    [this.#a, this.#b] = await Promise.all([
      XmppSocket.open(
        a,
        this.#events((text, start, end) => this.#atA(text, start, end)),
      ),
      XmppSocket.open(
        b,
        this.#events((text, start, end) => this.#atB(text, start, end)),
      ),
    ]);
    this.#toA = this.#a.jid;
    this.#toB = `${b.name}@${b.domain}`;
  }

  #events(message: XmppEvents["message"]): XmppEvents {
    const { counts } = this;
    return {
      element: () => {
        counts.framesIn++;
      },
      acked: (messages) => {
        if (messages < counts.sent || messages > counts.sends) counts.faults++;
        else this.#sentTo(messages);
      },
      message,
      closed: (why) => this.onBroken(why),
    };
  }

  /** Sends one message that was to be sent at `intendedMs`. */
  send(intendedMs: number): void {
    const id = idOf(++this.counts.sends);
    this.#times.push(intendedMs);
    this.#a?.write(
      `<message to='${this.#toB}' type='chat' id='${id}'><body>${this.text}</body>` +
        `<request xmlns='${RECEIPTS}'/><markable xmlns='${MARKERS}'/></message><r xmlns='${SM}'/>`,
    );
  }

  #atA(text: string, start: number, end: number): void {
    const received = child(text, start, end, "received");
    if (received >= 0) {
      if (numberOf(attribute(text, received, "id")) === this.#received + 1) this.#received++;
      else this.counts.faults++;
      return;
    }
    const displayed = child(text, start, end, "displayed");
    const number = displayed < 0 ? 0 : numberOf(attribute(text, displayed, "id"));
    if (number !== this.counts.read + 1 || number > this.#received) this.counts.faults++;
    else this.#readByB();
  }

  #sentTo(messages: number): void {
    const { counts } = this;
    while (counts.sent < messages) {
      counts.sent++;
      this.onSent(performance.now() - this.#times.sent());
    }
  }

  #readByB(): void {
    this.counts.read++;
    this.onRead(performance.now() - this.#times.read());
  }

  #atB(text: string, start: number, end: number): void {
    const { counts } = this;
    const id = attribute(text, start, "id");
    if (child(text, start, end, "request") < 0 || numberOf(id) !== counts.delivered + 1) {
      counts.faults++;
      return;
    }
    counts.delivered++;
    this.#answer("r", counts.delivered, `<received xmlns='${RECEIPTS}' id='${id}'/>`);
    this.#toRead = counts.delivered;
    if (this.#reading) return;
    this.#reading = true;
    // The user looks a moment after the client has received: each message is read by itself.
    later(this.#look);
  }

  #look = (): void => {
    this.#reading = false;
    while (this.#lastRead < this.#toRead) {
      const id = idOf(++this.#lastRead);
      this.#answer("d", this.#lastRead, `<displayed xmlns='${MARKERS}' id='${id}'/>`);
    }
  };

  #answer(kind: string, number: number, what: string): void {
    this.#b?.write(
      `<message to='${this.#toA}' type='chat' id='${kind}${number}'>${what}</message>`,
    );
  }

  close(): void {
    this.#a?.end();
    this.#b?.end();
  }
}

/** As long as the ids of the chat protocol's messages. */
function idOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

function numberOf(id: string): number {
  return Number.parseInt(id.slice(24), 16);
}
