import { setTimeout as after } from "node:timers/promises";
import { ChatReader, ChatWriter, type SendFrame, type ServerFields } from "./chat-frames.js";
import type { LoadUser } from "./chat-pair.js";
import { LoadSocket } from "./websocket.js";

const RETRY_MS = 20;
const GIVE_UP_MS = 30_000;

/** What all devices of a bench saw together. */
export interface DeviceCounts {
  /** Entries that were the next ones of their conversation. */
  delivered: number;
  /** Entries that a device had already: lawful, and dropped. */
  repeated: number;
  /** Connections that were not taken. */
  refused: number;
  sent: number;
  /** Entries out of turn, refused sends, resumes that ended with something pending. */
  faults: number;
}

export function noDeviceCounts(): DeviceCounts {
  return { delivered: 0, repeated: 0, refused: 0, sent: 0, faults: 0 };
}

/**
 * One device that keeps what a client keeps, the count of its connections and the last entry of each conversation, and
 * comes back as a client does: upgrade with its token, Resume, AckBases, an Ack per entry, until CaughtUp.
 */
export class ChatDevice {
  onBroken: (why: string) => void = () => {};
  onSent: (conversation: string) => void = () => {};
  #socket: LoadSocket | undefined;
  #connects = 0;
  readonly #last = new Map<string, number>();

  constructor(
    readonly user: LoadUser,
    readonly counts: DeviceCounts,
  ) {}

  /** Connects; resolves when the device is up to date. A gateway that is busy is asked again, for some time. */
  async connect(): Promise<void> {
    const giveUpMs = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        return await this.#connectOnce();
      } catch (error) {
        const { message } = error as Error;
        const again = / 503 |ECONNREFUSED|ECONNRESET/.test(message);
        if (!again || performance.now() > giveUpMs) throw error;
        this.counts.refused++;
        await after(RETRY_MS);
      }
    }
  }

  #connectOnce(): Promise<void> {
    return new Promise((resolve, reject) => {
      const token = ++this.#connects;
      const socket = new LoadSocket(`${this.user.url}?connect=${token}`, this.user.headers);
      this.#socket = socket;
      let ready = false;
      socket.onOpen = () => writer.resume(socket, token);
      socket.onClose = (why) => {
        if (this.#socket === socket) this.#socket = undefined;
        socket.onClose = () => {};
        if (ready) this.onBroken(why);
        else reject(new Error(why));
      };
      socket.onMessage = (buf, start, end) => {
        const fields = reader.read(buf, start, end);
        if (fields.arm === 9 && fields.token === token) {
          if (fields.pending > 0) this.counts.faults++;
          ready = true;
          resolve();
        } else this.#take(socket, fields);
      };
    });
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  send(frame: SendFrame): void {
    writer.send(this.#socket as LoadSocket, frame);
  }

  #take(socket: LoadSocket, fields: ServerFields): void {
    const { counts } = this;
    switch (fields.arm) {
      case 2:
        counts.sent++;
        this.#last.set(fields.conversation, fields.seq);
        writer.ack(socket, fields.conversation, fields.seq);
        return this.onSent(fields.conversation);
      case 7:
        return this.#deliver(socket, fields);
      case 8:
        return;
      case 10:
        if (fields.complete) writer.ackBases(socket);
        return;
      default:
        counts.faults++;
    }
  }

  #deliver(socket: LoadSocket, { conversation, after, seq }: ServerFields): void {
    const { counts } = this;
    const last = this.#last.get(conversation) ?? 0;
    if (seq > last && after !== last) {
      counts.faults++;
      return;
    }
    if (seq <= last) counts.repeated++;
    else counts.delivered++;
    const reached = Math.max(seq, last);
    this.#last.set(conversation, reached);
    writer.ack(socket, conversation, reached);
  }

  close(): void {
    this.#socket?.end();
    this.#socket = undefined;
  }
}

const writer = new ChatWriter();
const reader = new ChatReader();

/** Connects devices, at most so many at a time, and waits until all are up to date. */
export async function connectAll(devices: readonly ChatDevice[], atOnce: number): Promise<void> {
  let next = 0;
  const connectSome = async (): Promise<void> => {
    for (let device = devices[next++]; device !== undefined; device = devices[next++]) {
      await device.connect();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, devices.length) }, connectSome));
}
