import type { Link } from "../lib/link/link.js";
import type { Connection, Gateway } from "./home-user.js";
import { arm, deliverFields, deliverSize, openPlanned, send } from "./outgoing.js";
import type { StoredEntry } from "./store.js";

/**
 * One entry to many connections: they are planned by gateway and codec, and each parser link gets one event for all
 * behind it.
 */
export class FanOut {
  #gateways: Gateway[] = [];

  add(connection: Connection): void {
    const { gateway } = connection;
    const { planned } = gateway;
    if (planned.proto.length + planned.json.length === 0) this.#gateways.push(gateway);
    (connection.codec === 2 ? planned.json : planned.proto).push(connection.id);
  }

  /** Writes the entry for all that were added since the last call. */
  deliver(conversation: string, after: number, entry: StoredEntry): void {
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
  conversation: string,
  after: number,
  entry: StoredEntry,
): void {
  const size = deliverSize(conversation, entry);
  const out = openPlanned(link, gateways, arm.deliver, size);
  if (out === undefined) return;
  deliverFields(out, conversation, after, entry);
  send(link, out);
}
