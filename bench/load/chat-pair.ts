import { ChatReader, ChatWriter, type ServerFields } from "./chat-frames.js";
import { later } from "./later.js";
import { SendTimes } from "./send-times.js";
import { LoadSocket } from "./websocket.js";

/** How one user connects. */
export interface LoadUser {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What one pair saw; a run is good when every message was sent, delivered and read once, in order. */
export interface PairCounts {
  sends: number;
  sent: number;
  delivered: number;
  read: number;
  /** Deliveries that were not the next one. */
  faults: number;
  framesIn: number;
}

export function noCounts(): PairCounts {
  return { sends: 0, sent: 0, delivered: 0, read: 0, faults: 0, framesIn: 0 };
}

const RESUME_REPEAT_MS = 2_000;
const RESUME_MS = 30_000;

/** As the client: an own message is acknowledged with the next one, or after this. */
const ACK_DELAY_MS = 2_000;

/** Two users of the chat protocol: A sends, B acknowledges and reads, A waits for the ticks. */
export class ChatPair {
  readonly counts = noCounts();
  /** Called when a message has its ✓, with the time since it was to be sent, in milliseconds. */
  onSent: (latencyMs: number) => void = () => {};
  /** The same for its last tick. */
  onRead: (latencyMs: number) => void = () => {};
  onBroken: (why: string) => void = () => {};
  #a: LoadSocket | undefined;
  #b: LoadSocket | undefined;
  #times = new SendTimes();
  #lastA = 0;
  #ackedA = 0;
  #ackA: NodeJS.Timeout | undefined;
  #lastB = 0;
  #delivered = 0;
  #toRead = 0;
  #lastRead = 0;
  #reading = false;

  constructor(
    readonly users: readonly [LoadUser, LoadUser],
    readonly conversation: string,
    readonly content: Buffer,
  ) {}

  /** Connects both ends; resolves when both are up to date. */
  async connect(): Promise<void> {
    const [a, b] = this.users;
    [this.#a, this.#b] = await Promise.all([
      this.#open(a, (fields) => this.#atA(fields)),
      this.#open(b, (fields) => this.#atB(fields)),
    ]);
  }

  #open(user: LoadUser, take: (fields: ServerFields) => void): Promise<LoadSocket> {
    return new Promise((resolve, reject) => {
      const socket = new LoadSocket(user.url, user.headers);
      let ready = false;
      let again: NodeJS.Timeout | undefined;
      socket.onOpen = () => {
        writer.resume(socket, 1);
        // As every client does: what is under way when a link breaks is lost.
        const giveUpMs = performance.now() + RESUME_MS;
        again = setInterval(() => {
          if (performance.now() > giveUpMs) socket.onClose("no answer to Resume");
          else writer.resume(socket, 1);
        }, RESUME_REPEAT_MS);
      };
      socket.onClose = (why) => {
        clearInterval(again);
        reject(new Error(why));
        if (ready) this.onBroken(why);
      };
      socket.onMessage = (buf, start, end) => {
        this.counts.framesIn++;
        const fields = reader.read(buf, start, end);
        if (fields.arm === 9) {
          ready = true;
          clearInterval(again);
          resolve(socket);
        } else if (fields.arm === 10) writer.ackBases(socket);
        else take(fields);
      };
    });
  }

  /** Sends one message that was to be sent at `intendedMs`. */
  send(intendedMs: number): void {
    const { counts, conversation, content } = this;
    const number = ++counts.sends;
    this.#times.push(intendedMs);
    const clientMessageId = `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
    const acked = this.#lastA;
    this.#ackedA = acked;
    writer.send(this.#a as LoadSocket, { conversation, clientMessageId, number, content, acked });
  }

  #atA(fields: ServerFields): void {
    const { counts } = this;
    if (fields.arm === 2) {
      counts.sent++;
      this.onSent(performance.now() - this.#times.sent());
      if (fields.after <= this.#lastA) this.#lastA = Math.max(this.#lastA, fields.seq);
      this.#ackA ??= setTimeout(this.#acknowledge, ACK_DELAY_MS);
    } else if (fields.arm === 8) {
      if (fields.delivered > this.#delivered) this.#delivered = fields.delivered;
      if (fields.read > fields.delivered) counts.faults++;
      while (counts.read < fields.read) {
        counts.read++;
        this.onRead(performance.now() - this.#times.read());
      }
    } else counts.faults++;
  }

  /** A has its own messages, too: it says so when no further message has said it. */
  #acknowledge = (): void => {
    this.#ackA = undefined;
    if (this.#ackedA === this.#lastA) return;
    this.#ackedA = this.#lastA;
    writer.ack(this.#a as LoadSocket, this.conversation, this.#lastA);
  };

  #atB(fields: ServerFields): void {
    if (fields.arm === 8) return;
    if (fields.arm !== 7 || fields.after !== this.#lastB || fields.seq !== this.#lastB + 1) {
      this.counts.faults++;
      return;
    }
    this.#lastB = fields.seq;
    this.counts.delivered++;
    writer.ack(this.#b as LoadSocket, this.conversation, fields.seq);
    this.#toRead = fields.seq;
    if (this.#reading) return;
    this.#reading = true;
    // The user looks a moment after the client has acknowledged: each message is read by itself.
    later(this.#look);
  }

  #look = (): void => {
    this.#reading = false;
    while (this.#lastRead < this.#toRead) {
      writer.read(this.#b as LoadSocket, this.conversation, ++this.#lastRead);
    }
  };

  close(): void {
    clearTimeout(this.#ackA);
    this.#a?.end();
    this.#b?.end();
  }
}

const writer = new ChatWriter();
const reader = new ChatReader();
