import type { Clock, Random } from "./clock.js";
import type { Subprotocol } from "./codec.js";
import type { MessageEvent } from "./events.js";
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
  /**
   * Takes an incoming message in before it is stored and acknowledged. When it throws, the client refuses the message: it comes
   * again, and after three times the server gives a placeholder instead. May be called more than once for a message.
   */
  apply?: (message: MessageEvent) => void;
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
