import type { Clock, Random } from "./clock.js";
import type { Subprotocol } from "./codec.js";
import type { Fetch } from "./http.js";
import type { SocketFactory } from "./socket.js";
import type { ClientStore, ConversationRecord } from "./store.js";

export interface ClientOptions {
  /** Durable memory of this device; the client closes it. */
  store: ClientStore;
  /** `chat.v1.proto` when not given. */
  subprotocol?: Subprotocol;
  /** The global WebSocket when not given. */
  openSocket?: SocketFactory;
  /** The global fetch when not given. */
  fetch?: Fetch;
  clock?: Clock;
  random?: Random;
}

/** A conversation as the list shows it. */
export interface ConversationItem extends Readonly<ConversationRecord> {
  peer: string | undefined;
  /** The peer's name, when this device has looked it up. */
  peerName: string | undefined;
  /** A seq not above the conversation's head. */
  seq: number;
}
