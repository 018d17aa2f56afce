import { setTimeout as after } from "node:timers/promises";
import { ChatReader, ChatWriter, type ServerFields } from "./chat-frames.js";
import type { LoadUser } from "./chat-pair.js";
import { LoadSocket } from "./websocket.js";

const RETRY_MS = 20;
/** An unanswered Resume is repeated after this time, as the contract says. */
const REPEAT_MS = 5_000;
const GIVE_UP_MS = 60_000;

/** What all devices of a bench saw together. */
export interface DeviceCounts {
  /** Entries that were the next ones of their conversation. */
  delivered: number;
  /** Entries that a device had already: lawful, and dropped. */
  repeated: number;
  /** Connections that were not taken. */
  refused: number;
  sent: number;
  /** Entries behind a gap, on devices that had stopped reading. */
  gaps: number;
  /** Entries out of turn, refused sends. */
  faults: number;
}

export function noDeviceCounts(): DeviceCounts {
  return { delivered: 0, repeated: 0, refused: 0, sent: 0, gaps: 0, faults: 0 };
}

/**
 * One device that keeps what a client keeps, the count of its connections and the last entry of each conversation, and
 * comes back as a client does: upgrade with its token, Resume, AckBases, an Ack per entry, until CaughtUp.
 */
export class ChatDevice {
  onBroken: (why: string) => void = () => {};
  onSent: () => void = () => {};
  /** A frame that is about something else than messages, by its arm; nobody who expects none gets any. */
  onOther: (arm: number) => void = () => {
    this.counts.faults++;
  };
  #socket: LoadSocket | undefined;
  #connects = 0;
  #ids = 0;
  readonly #numbers = new Map<string, number>();
  readonly #last = new Map<string, number>();
  /** It stopped reading once: pushes were dropped, so there may be gaps. */
  #hasPaused = false;
  /** Conversations in which it has said so and not got on since. */
  readonly #resyncing = new Set<string>();

  constructor(
    readonly user: LoadUser,
    readonly counts: DeviceCounts,
    readonly repeatMs = REPEAT_MS,
  ) {}

  /** Connects; resolves when the device is up to date. A gateway that is busy is asked again, for some time. */
  async connect(): Promise<void> {
    const giveUpMs = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        return await this.#connectOnce(giveUpMs);
      } catch (error) {
        const { message } = error as Error;
        const again = / 503 |ECONNREFUSED|ECONNRESET/.test(message);
        if (!again || performance.now() > giveUpMs) throw error;
        this.counts.refused++;
        await after(RETRY_MS);
      }
    }
  }

  #connectOnce(giveUpMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const token = ++this.#connects;
      const socket = new LoadSocket(`${this.user.url}?connect=${token}`, this.user.headers);
      this.#socket = socket;
      let ready = false;
      let repeat: NodeJS.Timeout | undefined;
      socket.onOpen = () => {
        writer.resume(socket, token);
        repeat = setInterval(() => {
          if (performance.now() < giveUpMs) return writer.resume(socket, token);
          clearInterval(repeat);
          this.close();
          reject(new Error("no CaughtUp, however often it was asked for"));
        }, this.repeatMs);
      };
      socket.onClose = (why) => {
        clearInterval(repeat);
        if (this.#socket === socket) this.#socket = undefined;
        socket.onClose = () => {};
        if (ready) this.onBroken(why);
        else reject(new Error(why));
      };
      socket.onMessage = (buf, start, end) => {
        const fields = reader.read(buf, start, end);
        if (fields.arm === 9 && fields.token === token) {
          // The server answers after some seconds whatever is left; this device is up to date when nothing is.
          if (fields.pending > 0) return writer.resume(socket, token);
          clearInterval(repeat);
          ready = true;
          resolve();
        } else this.#take(socket, fields);
      };
    });
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends the next message of a conversation; its ✓ is acknowledged as it comes. */
  sendTo(conversation: string, content: Buffer): void {
    const number = (this.#numbers.get(conversation) ?? 0) + 1;
    this.#numbers.set(conversation, number);
    const id = (++this.#ids).toString(16).padStart(12, "0");
    const clientMessageId = `00000000-0000-4000-8000-${id}`;
    const frame = { conversation, clientMessageId, number, content, acked: 0 };
    writer.send(this.#socket as LoadSocket, frame);
  }

  /** Sends an encoded frame. */
  say(frame: Uint8Array): void {
    const socket = this.#socket as LoadSocket;
    const { buf, pos } = socket.reserve(frame.length);
    buf.set(frame, pos);
    socket.commit(frame.length);
  }

  #take(socket: LoadSocket, fields: ServerFields): void {
    const { counts } = this;
    switch (fields.arm) {
      case 2:
        counts.sent++;
        this.#last.set(fields.conversation, fields.seq);
        writer.ack(socket, fields.conversation, fields.seq);
        return this.onSent();
      case 7:
        return this.#deliver(socket, fields);
      case 8:
        return;
      case 10:
        if (fields.complete) writer.ackBases(socket);
        return;
      default:
        this.onOther(fields.arm);
    }
  }

  #deliver(socket: LoadSocket, { conversation, after, seq }: ServerFields): void {
    const { counts } = this;
    const last = this.#last.get(conversation) ?? 0;
    if (seq > last && after !== last) return this.#gap(socket, conversation, last);
    if (seq <= last) counts.repeated++;
    else {
      counts.delivered++;
      this.#resyncing.delete(conversation);
    }
    const reached = Math.max(seq, last);
    this.#last.set(conversation, reached);
    writer.ack(socket, conversation, reached);
  }

  #gap(socket: LoadSocket, conversation: string, last: number): void {
    if (!this.#hasPaused) {
      this.counts.faults++;
      return;
    }
    this.counts.gaps++;
    if (this.#resyncing.has(conversation)) return;
    this.#resyncing.add(conversation);
    writer.resync(socket, conversation, last);
  }

  /** Reads nothing any more, but stays. */
  pause(): void {
    this.#hasPaused = true;
    this.#socket?.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#socket?.resume();
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
