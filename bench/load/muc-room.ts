import { until } from "../../test/until.js";
import { Fan, type FanRoom } from "./fan.js";
import { TEXT } from "./subject.js";
import { attribute, child } from "./xmpp-scan.js";
import { XmppSocket, type XmppUser } from "./xmpp-socket.js";

const MUC = "http://jabber.org/protocol/muc";
const READY_MS = 60_000;

/**
 * A room of an XMPP server (XEP-0045): the first occupant sends, all others get it. The server sends the author his own message back, as it
 * does to everybody; that copy is not counted. Nothing is acknowledged but what stream management asks for.
 */
export class MucRoom implements FanRoom {
  readonly fan: Fan;
  readonly #sockets: XmppSocket[] = [];
  readonly #jid: string;

  private constructor(
    domain: string,
    readonly size: number,
  ) {
    this.fan = new Fan(size - 1);
    this.#jid = `bench${++rooms}@conference.${domain}`;
  }

  /** Registers the users and brings all of them into a new room. */
  static async open(users: readonly XmppUser[]): Promise<MucRoom> {
    const [first] = users as [XmppUser];
    const room = new MucRoom(first.domain, users.length);
    for (const [index, user] of users.entries()) await room.#enter(user, index);
    return room;
  }

  async #enter(user: XmppUser, index: number): Promise<void> {
    const { fan } = this;
    let isIn = false;
    let last = 0;
    const socket = await XmppSocket.open(user, {
      element() {},
      acked() {},
      closed: (why) => {
        fan.broken = why;
      },
      message: (text, start, end) => {
        // The room's subject is the last thing that whoever enters is sent.
        if (child(text, start, end, "subject") >= 0) {
          isIn = true;
        } else if (child(text, start, end, "body") >= 0 && index > 0) {
          const number = Number.parseInt(attribute(text, start, "id"), 10);
          fan.got(number, last);
          last = number;
        }
      },
    });
    this.#sockets.push(socket);
    const nothing = "<history maxstanzas='0'/>";
    socket.write(
      `<presence to='${this.#jid}/u${index}'><x xmlns='${MUC}'>${nothing}</x></presence>`,
    );
    await until("the room to be entered", () => isIn, READY_MS);
  }

  send(number: number): void {
    this.#sockets[0]?.write(
      `<message to='${this.#jid}' type='groupchat' id='${number}'><body>${TEXT}</body></message>`,
    );
  }

  close(): void {
    for (const socket of this.#sockets) socket.end();
  }
}

let rooms = 0;
