import { WebSocket } from "ws";
import { ClientFrame, ServerFrame } from "../../gen/chat/client/v1/frames.js";
import type { Follower } from "../history/follower.js";
import type { ClientKind, ServerKind } from "../history/frame-notes.js";
import type { Codec } from "../protocol.js";

export interface LineOptions {
  /** With the query. */
  readonly url: string;
  readonly accessToken: string;
  readonly codec: Codec;
  readonly follower: Follower;
  /** It is about to take the place of its predecessor. */
  readonly opens: () => void;
  readonly open: () => void;
  readonly frame: (frame: ServerKind) => void;
  /** Once, whether it was open or not. */
  readonly end: (code: number, reason: string) => void;
}

/** A connection is to be open, and an answer to a ping there, within this. */
const SILENCE_MS = 10_000;

/** One connection of a raw-protocol device: frames in and out, all of them noted. */
export class RawLine {
  readonly #options: LineOptions;
  readonly #socket: WebSocket;
  #isOpen = false;
  #over = false;
  #heardMs = performance.now();

  constructor(options: LineOptions) {
    this.#options = options;
    const { url, codec, accessToken, follower } = options;
    follower.dial();
    this.#socket = new WebSocket(url, `chat.v1.${codec}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      perMessageDeflate: false,
    });
    this.#socket.on("open", () => {
      this.#heardMs = performance.now();
      if (this.#over) return;
      options.opens();
      this.#isOpen = true;
      follower.connected();
      options.open();
    });
    this.#socket.on("message", (data: Buffer, isBinary) => this.#take(data, isBinary));
    this.#socket.on("error", () => {});
    this.#socket.on("close", (code, reason) => this.#end(code, reason.toString()));
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#over;
  }

  /** False when it is not open. */
  send(kind: ClientKind): boolean {
    if (!this.isOpen) return false;
    const { codec, follower } = this.#options;
    follower.sends(kind);
    const frame: ClientFrame = { kind };
    this.#socket.send(
      codec === "proto"
        ? ClientFrame.encode(frame).finish()
        : JSON.stringify(ClientFrame.toJSON(frame)),
    );
    return true;
  }

  /** To be called every few seconds: asks for a sign of life, and ends what gives none. */
  check(): void {
    if (performance.now() - this.#heardMs > SILENCE_MS) this.drop();
    else this.send({ $case: "ping", value: { nonce: 1 } });
  }

  drop(): void {
    this.#socket.terminate();
    this.#end(1006, "given up");
  }

  close(): void {
    this.#socket.close(1000);
    this.#end(1000, "");
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (this.#over) return;
    this.#heardMs = performance.now();
    const { kind } = isBinary
      ? ServerFrame.decode(data)
      : ServerFrame.fromJSON(JSON.parse(data.toString()));
    if (kind) this.#options.frame(kind);
  }

  #end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#isOpen) this.#options.follower.closed();
    this.#options.end(code, reason);
  }
}
