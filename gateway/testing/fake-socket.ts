import type { Socket } from "../sockets.js";

export interface Sent {
  readonly data: string;
  readonly isBinary: boolean;
}

/** A WebSocket whose other end is the test. Touching it after its end throws, as the real one does. */
export class FakeSocket implements Socket {
  readonly sent: Sent[] = [];
  corks = 0;
  buffered = 0;
  /** It takes nothing: what is sent stays in the buffer. */
  full = false;
  /** What the next sends answer; when there is nothing here, whether something is buffered. */
  readonly results: number[] = [];
  ended: { code: number; reason: string } | undefined;
  closed: () => void = () => undefined;

  get closeCode(): number | undefined {
    return this.ended?.code;
  }

  send(message: Uint8Array, isBinary: boolean): number {
    this.#check();
    if (this.full) this.buffered += message.length;
    const result = this.results.shift() ?? (this.buffered > 0 ? 0 : 1);
    if (result !== 2) this.sent.push({ data: Buffer.from(message).toString(), isBinary });
    return result;
  }

  getBufferedAmount(): number {
    this.#check();
    return this.buffered;
  }

  cork(run: () => void): void {
    this.#check();
    this.corks++;
    run();
  }

  end(code: number, reason: string): void {
    this.#check();
    this.ended = { code, reason };
    this.closed();
  }

  #check(): void {
    if (this.ended) throw new Error("touched after its end");
  }
}
