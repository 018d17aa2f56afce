import { WebSocket } from "ws";
import { ClientFrame, ServerFrame } from "../gen/chat/client/v1/frames.js";
import type { Follower } from "./history/follower.js";
import type { Mesh } from "./mesh.js";
import { within } from "./until.js";

export type Codec = "proto" | "json";
type ClientKind = NonNullable<ClientFrame["kind"]>;
type ServerKind = NonNullable<ServerFrame["kind"]>;
type Arm<K extends ServerKind["$case"]> = Extract<ServerKind, { $case: K }>["value"];

export interface RawOptions {
  readonly accessToken: string;
  readonly codec?: Codec;
  /** The device's count of its connections; by default 1, 2, 3… over all raw clients of the test run. */
  readonly connect?: number;
  /** Is told all that this client does and gets. */
  readonly follower?: Follower;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

let connects = 0;

/**
 * A client without manners: it sends what the test says and nothing by itself (no Ack, no Resume, no retry). Frames
 * received wait in an inbox until the test takes them.
 */
export class RawClient {
  readonly closed: Promise<Closed>;
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  readonly #follower: Follower | undefined;
  /** Everything received, in order. */
  readonly received: ServerKind[] = [];
  readonly #inbox: ServerKind[] = [];
  #arrived: () => void = () => {};
  #ended: Closed | undefined;

  private constructor(socket: WebSocket, codec: Codec, follower: Follower | undefined) {
    this.#socket = socket;
    this.#codec = codec;
    this.#follower = follower;
    follower?.dial();
    socket.on("open", () => follower?.connected());
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#ended = { code, reason: reason.toString() };
        follower?.closed();
        resolve(this.#ended);
        this.#arrived();
      });
    });
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, binary) => this.#take(data, binary));
  }

  /** Resolves when the connection is open; rejects with the HTTP status when it is refused. */
  static async connect(mesh: Mesh, options: RawOptions): Promise<RawClient> {
    const codec = options.codec ?? "proto";
    const connect = options.connect ?? ++connects;
    const socket = new WebSocket(`${mesh.webSocketUrl}?connect=${connect}`, `chat.v1.${codec}`, {
      headers: { authorization: `Bearer ${options.accessToken}` },
      perMessageDeflate: false,
    });
    const client = new RawClient(socket, codec, options.follower);
    const opened = new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (request, response) => {
        request.destroy();
        reject(new Error(`HTTP ${response.statusCode}`));
      });
      socket.once("error", reject);
    });
    await within("the connection to open", opened);
    return client;
  }

  send<K extends ClientKind["$case"]>(
    $case: K,
    value: Extract<ClientKind, { $case: K }>["value"],
  ): void {
    const frame = ClientFrame.fromPartial({ kind: { $case, value } as ClientKind });
    if (frame.kind) this.#follower?.sends(frame.kind);
    this.sendBytes(
      this.#codec === "proto"
        ? ClientFrame.encode(frame).finish()
        : JSON.stringify(ClientFrame.toJSON(frame)),
    );
  }

  /** Sends one message as it is: bytes as a binary, text as a text message. */
  sendBytes(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  /** Takes the first frame of this kind that fits out of the inbox, waiting for it if need be. */
  async expect<K extends ServerKind["$case"]>(
    kind: K,
    fits: (value: Arm<K>) => boolean = () => true,
  ): Promise<Arm<K>> {
    const found = () =>
      this.#inbox.findIndex((frame) => frame.$case === kind && fits(frame.value as Arm<K>));
    const search = async (): Promise<Arm<K>> => {
      for (let at = found(); ; at = found()) {
        if (at >= 0) return this.#inbox.splice(at, 1)[0]?.value as Arm<K>;
        await this.#news();
      }
    };
    return within(`${kind}; the inbox holds ${JSON.stringify(this.#inbox)}`, search());
  }

  /** Takes the first frame that fits; undefined when none has come after `waitMs`: then it is time to repeat. */
  async firstOf(
    waitMs: number,
    fits: (frame: ServerKind) => boolean,
  ): Promise<ServerKind | undefined> {
    const end = performance.now() + waitMs;
    for (;;) {
      const at = this.#inbox.findIndex(fits);
      if (at >= 0) return this.#inbox.splice(at, 1)[0];
      const left = end - performance.now();
      if (left <= 0) return undefined;
      await within("news", this.#news(), left).catch((error) => {
        if (this.#ended) throw error;
      });
    }
  }

  /** Ends the connection without a farewell. */
  cut(): void {
    this.#socket.terminate();
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.closed;
  }

  /** Stops and continues reading from the socket. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #news(): Promise<void> {
    if (this.#ended) {
      const { code, reason } = this.#ended;
      return Promise.reject(new Error(`the connection was closed: ${code} ${reason}`));
    }
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  #take(data: Buffer, binary: boolean): void {
    if (binary !== (this.#codec === "proto")) throw new Error("a message of the other codec");
    const frame = binary
      ? ServerFrame.decode(data)
      : ServerFrame.fromJSON(JSON.parse(data.toString()));
    if (frame.kind) {
      this.#follower?.gets(frame.kind);
      this.#inbox.push(frame.kind);
      this.received.push(frame.kind);
    }
    this.#arrived();
  }
}
