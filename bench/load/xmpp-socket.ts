import { connect, type Socket } from "node:net";
import { later } from "./later.js";
import { attribute, StanzaScanner } from "./xmpp-scan.js";

/** How one user of an XMPP server connects. */
export interface XmppUser {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  readonly name: string;
  readonly password: string;
}

/** What a user hears once it is online. */
export interface XmppEvents {
  /** Any top-level element. */
  element(): void;
  /** The server has taken so many of the user's messages. */
  acked(messages: number): void;
  message(text: string, start: number, end: number): void;
  closed(why: string): void;
}

/** No server may keep a login waiting longer. */
const LOGIN_MS = 20_000;
const REGISTER = "jabber:iq:register";
const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
export const SM = "urn:xmpp:sm:3";

/**
 * One user online on plain TCP, as cheap as possible: in-band registration (XEP-0077), SASL PLAIN,
 * bind, stream management (XEP-0198, resumable) and presence; one write per event-loop iteration.
 */
export class XmppSocket {
  /** The address with the resource that the server gave. */
  jid = "";
  #socket: Socket;
  #events: XmppEvents;
  #scanner = new StanzaScanner((text, start, end) => this.#element(text, start, end));
  #out = "";
  #scheduled = false;
  #online = false;
  #inbound = 0;
  #gone = "";
  #waiting: { take: (element: string) => void; fail: (error: Error) => void } | undefined;
  #early: string[] = [];

  private constructor(user: XmppUser, events: XmppEvents) {
    this.#events = events;
    this.#socket = connect({ host: user.host, port: user.port, noDelay: true });
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (chunk) => this.#scanner.push(chunk as unknown as string));
    this.#socket.on("error", (error) => this.#closed(error.message));
    this.#socket.on("close", () => this.#closed("closed"));
  }

  /** Registers the user and brings it online; resolves when messages reach it. */
  static async open(user: XmppUser, events: XmppEvents): Promise<XmppSocket> {
    const socket = new XmppSocket(user, events);
    const late = setTimeout(() => socket.#closed("the login took too long"), LOGIN_MS);
    try {
      await socket.#register(user);
      await socket.#login(user);
      return socket;
    } catch (error) {
      socket.#socket.destroy();
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  /** Sends stanzas, as they are. */
  write(xml: string): void {
    this.#out += xml;
    if (this.#scheduled) return;
    this.#scheduled = true;
    later(this.#flush);
  }

  /** Leaves for good: the server keeps nothing for a resumption. */
  end(): void {
    this.#events = DEAF;
    this.#out += "</stream:stream>";
    this.#flush();
    this.#socket.end();
    this.#socket.resume();
    this.#socket.setTimeout(1000, () => this.#socket.destroy());
  }

  async #register({ domain, name, password }: XmppUser): Promise<void> {
    await this.#stream(domain);
    const fields = `<username>${name}</username><password>${password}</password>`;
    this.write(`<iq type='set' id='reg'><query xmlns='${REGISTER}'>${fields}</query></iq>`);
    await this.#expect("<iq", (element) => attribute(element, 0, "type") === "result");
  }

  async #login({ domain, name, password }: XmppUser): Promise<void> {
    const initial = Buffer.from(`\0${name}\0${password}`).toString("base64");
    this.write(`<auth xmlns='${SASL}' mechanism='PLAIN'>${initial}</auth>`);
    await this.#expect("<success");
    await this.#stream(domain);
    this.write(`<iq type='set' id='bind'><bind xmlns='${BIND}'/></iq>`);
    const bound = await this.#expect("<iq", (element) => element.includes("<jid>"));
    this.jid = /<jid>([^<]+)</.exec(bound)?.[1] ?? "";
    this.write(`<enable xmlns='${SM}' resume='true'/>`);
    await this.#expect("<enabled");
    this.#online = true;
    // The presence is the first stanza that the server counts: messages come behind it.
    this.write(`<presence/><r xmlns='${SM}'/>`);
    await this.#expect("<a ", (element) => attribute(element, 0, "h") === "1");
  }

  async #stream(domain: string): Promise<void> {
    this.write(
      `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' ` +
        "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    );
    await this.#expect("<stream:stream");
    await this.#expect("<stream:features");
  }

  /** The next element of the login: it must be this one, and good. */
  async #expect(tag: string, good: (element: string) => boolean = () => true): Promise<string> {
    const element = this.#early.shift() ?? (await this.#next());
    if (element.startsWith(tag) && good(element)) return element;
    throw new Error(`the server sent ${element} instead of ${tag} …>`);
  }

  #next(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#gone) reject(new Error(this.#gone));
      else this.#waiting = { take: resolve, fail: reject };
    });
  }

  #element(text: string, start: number, end: number): void {
    if (!this.#online) {
      this.#handOver(text.slice(start, end));
      return;
    }
    this.#events.element();
    // <message, <presence, <iq count; <r asks how many came, <a says how many arrived.
    switch (text.charCodeAt(start + 1)) {
      case 0x6d:
        this.#inbound++;
        this.#events.message(text, start, end);
        break;
      case 0x72:
        this.write(`<a xmlns='${SM}' h='${this.#inbound}'/>`);
        break;
      case 0x61:
        this.#acked(text, start, end);
        break;
      case 0x70:
      case 0x69:
        this.#inbound++;
        break;
      default:
        this.#closed(text.slice(start, end));
    }
  }

  #acked(text: string, start: number, end: number): void {
    const stanzas = Number(attribute(text, start, "h"));
    if (this.#waiting) this.#handOver(text.slice(start, end));
    else this.#events.acked(stanzas - 1);
  }

  #handOver(element: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.take(element);
    else this.#early.push(element);
  }

  #closed(why: string): void {
    if (this.#gone) return;
    this.#gone = why;
    this.#socket.destroy();
    if (this.#waiting) this.#waiting.fail(new Error(why));
    else if (this.#online) this.#events.closed(why);
  }

  #flush = (): void => {
    this.#scheduled = false;
    if (this.#out === "" || this.#socket.destroyed) return;
    this.#socket.write(this.#out);
    this.#out = "";
  };
}

const DEAF: XmppEvents = { element() {}, acked() {}, message() {}, closed() {} };
