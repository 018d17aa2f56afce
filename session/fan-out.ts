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
    const gateways = this.#gateways;
    if (gateways.length === 0) return;
    for (const gateway of gateways) {
      const { link, planned } = gateway;
      if (planned.proto.length + planned.json.length === 0) continue;
      if (link === undefined) clear(gateway);
      else write(link, gateways, conversation, after, entry);
    }
    gateways.length = 0;
  }
}

function clear(gateway: Gateway): void {
  gateway.planned.proto.length = 0;
  gateway.planned.json.length = 0;
}

function write(
  link: Link,
  gateways: Gateway[],
  conversation: Conversation,
  after: number,
  entry: StoredEntry,
): void {
  const size = deliverSize(conversation, entry);
  const out = openPlanned(link, gateways, arm.deliver, size);
  if (out === undefined) return;
  deliverFields(out, conversation, after, entry);
  send(link, out);
}
