import type { Link } from "../lib/link/link.js";
import type { Conversation } from "./conversation.js";
import type { Connection, Gateway } from "./home-user.js";
import { arm, deliver, deliverFields, deliverSize, openPlanned, send } from "./outgoing.js";
import type { StoredEntry } from "./store.js";

/**
 * One entry to many connections: they are planned by gateway and codec, and each parser link gets one event for all
 * behind it.
 */
export class FanOut {
  #gateways: Gateway[] = [];
  /** The only one that was added, as in a 1:1 conversation: it needs no plan. */
  #only: Connection | undefined;
  #count = 0;

  add(connection: Connection): void {
    if (this.#count++ === 0) {
      this.#only = connection;
      return;
    }
    if (this.#only !== undefined) this.#plan(this.#only);
    this.#only = undefined;
    this.#plan(connection);
  }

  #plan(connection: Connection): void {
    const { gateway } = connection;
    const { planned } = gateway;
    if (planned.proto.length + planned.json.length === 0) this.#gateways.push(gateway);
    (connection.codec === 2 ? planned.json : planned.proto).push(connection.id);
  }

  /** Writes the entry for all that were added since the last call. */
  deliver(conversation: Conversation, after: number, entry: StoredEntry): void {
    this.#count = 0;
    if (this.#only !== undefined) {
      deliver(this.#only, conversation, after, entry);
      this.#only = undefined;
      return;
    }
    this.#write((link, gateways) => {
      const size = deliverSize(conversation, entry);
      const out = openPlanned(link, gateways, arm.deliver, size);
      if (out === undefined) return;
      deliverFields(out, conversation, after, entry);
      send(link, out);
    });
  }

  /** Writes that a member is writing for all that were added since the last call, where there is room for such. */
  peerTyping(conversation: Conversation, user: string, doing: number): void {
    if (this.#only !== undefined) this.#plan(this.#only);
    this.#only = undefined;
    this.#count = 0;
    this.#write((link, gateways) => {
      if (!link.hasRoom(TYPING_CLASS)) {
        for (const gateway of gateways) if (gateway.link === link) clear(gateway);
        return;
      }
      const out = openPlanned(link, gateways, arm.peerTyping, 64);
      if (out === undefined) return;
      out.encoded(conversation.encodedId);
      out.ascii(2, user);
      out.uint(3, doing);
      send(link, out);
    });
  }

  /** One event per link with planned connections behind it. */
  #write(event: (link: Link, gateways: readonly Gateway[]) => void): void {
    const gateways = this.#gateways;
    for (const gateway of gateways) {
      const { link, planned } = gateway;
      if (planned.proto.length + planned.json.length === 0) continue;
      if (link === undefined) clear(gateway);
      else event(link, gateways);
    }
    gateways.length = 0;
  }
}

/** P4. */
const TYPING_CLASS = 4;

function clear(gateway: Gateway): void {
  gateway.planned.proto.length = 0;
  gateway.planned.json.length = 0;
}
