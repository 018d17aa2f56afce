import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { later } from "./later.js";

/**
 * A WebSocket client that costs as little as possible, so that the generator is not what is measured: binary messages below
 * 64 KiB, no fragments, no compression, a zero mask (which leaves the bytes as they are), one write per event-loop
 * iteration. Not for use outside of benches.
 */
export class LoadSocket {
  #socket: Socket;
  #out: Buffer;
  #outEnd = 0;
  #scheduled = false;
  #rest: Buffer = EMPTY;
  #open = false;
  onMessage: (data: Buffer, start: number, end: number) => void = () => {};
  onOpen: () => void = () => {};
  onClose: (why: string) => void = () => {};

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    const { hostname, port, pathname, search } = new URL(url);
    this.#out = Buffer.allocUnsafe(4096);
    const onread = { buffer: INCOMING, callback: (bytes: number) => this.#data(bytes) };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread }, () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const key = randomBytes(16).toString("base64");
      this.#socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
          `${lines.join("")}\r\n`,
      );
    });
    this.#socket.on("error", (error) => this.onClose(error.message));
    this.#socket.on("close", () => this.onClose("closed"));
  }

  /** Room for a message of at most `bytes`: write it there, then call `commit` with its length. */
  reserve(bytes: number): { readonly buf: Buffer; readonly pos: number } {
    const need = this.#outEnd + bytes + 8;
    if (need > this.#out.length) {
      const grown = Buffer.allocUnsafe(Math.max(need, this.#out.length * 2));
      this.#out.copy(grown, 0, 0, this.#outEnd);
      this.#out = grown;
    }
    return { buf: this.#out, pos: this.#outEnd + 8 };
  }

  /** Sends what was written into the reserved room. */
  commit(length: number): void {
    const out = this.#out;
    const start = this.#outEnd;
    if (length < 126) {
      out[start] = 0x82;
      out[start + 1] = 0x80 | length;
      out.writeUInt32LE(0, start + 2);
      out.copyWithin(start + 6, start + 8, start + 8 + length);
      this.#outEnd = start + 6 + length;
    } else {
      out[start] = 0x82;
      out[start + 1] = 0x80 | 126;
      out.writeUInt16BE(length, start + 2);
      out.writeUInt32LE(0, start + 4);
      this.#outEnd = start + 8 + length;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    later(this.#flush);
  }

  #flush = (): void => {
    this.#scheduled = false;
    if (this.#outEnd === 0 || this.#socket.destroyed) return;
    this.#socket.write(this.#out.subarray(0, this.#outEnd));
    this.#outEnd = 0;
    // Usually the kernel has taken it by now; if not, the bytes are not ours yet.
    if (this.#socket.writableLength > 0) this.#out = Buffer.allocUnsafe(4096);
  };

  /** Reads nothing any more, until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.onClose = () => {};
    this.#socket.destroy();
  }

  #data(bytes: number): boolean {
    const chunk = INCOMING.subarray(0, bytes);
    const buf = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const rest = this.#take(buf);
    this.#rest = rest === buf.length ? EMPTY : Buffer.from(buf.subarray(rest));
    return true;
  }

  /** Takes what is complete; gives the position of what is not. */
  #take(buf: Buffer): number {
    let pos = 0;
    if (!this.#open) {
      const end = buf.indexOf("\r\n\r\n");
      if (end < 0) return 0;
      const status = buf.toString("latin1", 0, buf.indexOf("\r\n"));
      if (!status.includes(" 101 ")) {
        this.onClose(`upgrade refused: ${status}`);
        this.#socket.destroy();
        return buf.length;
      }
      this.#open = true;
      pos = end + 4;
      this.onOpen();
    }
    return this.#frames(buf, pos);
  }

  /** Hands on every complete frame; gives the position of the first incomplete one. */
  #frames(buf: Buffer, from: number): number {
    let pos = from;
    for (;;) {
      if (buf.length - pos < 2) return pos;
      const opcode = (buf[pos] as number) & 15;
      let length = (buf[pos + 1] as number) & 127;
      let start = pos + 2;
      if (length === 126) {
        if (buf.length - pos < 4) return pos;
        length = buf.readUInt16BE(pos + 2);
        start = pos + 4;
      } else if (length === 127) {
        if (buf.length - pos < 10) return pos;
        length = Number(buf.readBigUInt64BE(pos + 2));
        start = pos + 10;
      }
      const end = start + length;
      if (buf.length < end) return pos;
      if (opcode === 2 || opcode === 1) this.onMessage(buf, start, end);
      else if (opcode === 8) this.onClose(closeText(buf, start, end));
      else if (opcode === 9) this.#pong(buf, start, end);
      pos = end;
    }
  }

  #pong(buf: Buffer, start: number, end: number): void {
    const out = Buffer.alloc(6 + end - start);
    out[0] = 0x8a;
    out[1] = 0x80 | (end - start);
    buf.copy(out, 6, start, end);
    this.#socket.write(out);
  }
}

function closeText(buf: Buffer, start: number, end: number): string {
  if (end - start < 2) return "closed without a code";
  return `closed with ${buf.readUInt16BE(start)} ${buf.toString("utf8", start + 2, end)}`;
}

const EMPTY = Buffer.alloc(0);

/** Where all sockets read into, one after the other: what is not looked at once is copied. */
const INCOMING = Buffer.allocUnsafeSlow(65_536);
