import { createServer, type Server, type Socket } from "node:net";
import { attribute, StanzaScanner } from "./xmpp-scan.js";
import type { XmppUser } from "./xmpp-socket.js";

/** A message that the fake server routes; what it gives back is delivered instead. */
export type Route = (to: string, stanza: string) => readonly string[];

/** The least that can be called an XMPP server, to test the generator with. No service. */
export class FakeXmppServer {
  /** Acknowledgements that users sent for what they were sent, the newest of each. */
  readonly acked = new Map<string, number>();
  route: Route = (_to, stanza) => [stanza];
  #server: Server;
  #online = new Map<string, FakeSession>();
  #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      new FakeSession(socket, this);
    });
  }

  static async start(): Promise<FakeXmppServer> {
    const fake = new FakeXmppServer();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  user(name: string): XmppUser {
    const { port } = this.#server.address() as { port: number };
    return { host: "127.0.0.1", port, domain: "localhost", name, password: "secret" };
  }

  join(name: string, session: FakeSession): void {
    this.#online.set(`${name}@localhost`, session);
  }

  deliver(from: string, stanza: string): void {
    const to = attribute(stanza, 0, "to").split("/")[0] as string;
    const stamped = stanza.replace("<message ", `<message xml:lang='en' from='${from}' `);
    for (const one of this.route(to, stamped)) this.#online.get(to)?.deliver(one);
  }

  /** Breaks all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection of the fake server. */
class FakeSession {
  #socket: Socket;
  #server: FakeXmppServer;
  #name = "";
  #authenticated = false;
  #counted = 0;

  constructor(socket: Socket, server: FakeXmppServer) {
    this.#socket = socket;
    this.#server = server;
    const scanner = new StanzaScanner((text, start, end) => this.#take(text.slice(start, end)));
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => scanner.push(chunk as unknown as string));
  }

  deliver(stanza: string): void {
    this.#write(`${stanza}<r xmlns='urn:xmpp:sm:3'/>`);
  }

  #take(element: string): void {
    const name = /^<([^ />]+)/.exec(element)?.[1];
    if (name === "stream:stream") this.#write(this.#header());
    else if (name === "auth") this.#auth(element);
    else if (name === "iq") this.#iq(element);
    else if (name === "enable") this.#write("<enabled xmlns='urn:xmpp:sm:3' id='1'/>");
    else if (name === "r") this.#write(`<a xmlns='urn:xmpp:sm:3' h='${this.#counted}'/>`);
    else if (name === "a") this.#server.acked.set(this.#name, Number(attribute(element, 0, "h")));
    else if (name === "message" || name === "presence") this.#stanza(name, element);
  }

  #stanza(name: string, element: string): void {
    this.#counted++;
    if (name === "message") this.#server.deliver(this.#jid(), element);
    else this.#write(`<presence from='${this.#jid()}' to='${this.#jid()}'/>`);
  }

  #header(): string {
    const features = this.#authenticated ? "<bind/><sm/>" : "<mechanisms>PLAIN</mechanisms>";
    return (
      "<?xml version='1.0'?><stream:stream id='1' version='1.0' from='localhost'>" +
      `<stream:features>${features}</stream:features>`
    );
  }

  #auth(element: string): void {
    const text = /<auth [^>]*>([^<]*)</.exec(element)?.[1] ?? "";
    const [, name = "", password] = Buffer.from(text, "base64").toString().split("\0");
    this.#authenticated = password === "secret";
    this.#name = name;
    this.#write(this.#authenticated ? "<success/>" : "<failure><not-authorized/></failure>");
  }

  #iq(element: string): void {
    const bind = element.includes("<bind");
    if (bind) this.#server.join(this.#name, this);
    const bound = bind ? `<bind><jid>${this.#jid()}</jid></bind>` : "";
    this.#write(`<iq id='${attribute(element, 0, "id")}' type='result'>${bound}</iq>`);
  }

  #jid(): string {
    return `${this.#name}@localhost/1`;
  }

  #write(xml: string): void {
    if (this.#socket.writable) this.#socket.write(xml);
  }
}
