import { WireWriter } from "../wire/writer.js";
import type { Link } from "./link.js";

/** One end of a link in the hands of a test: it keeps what is written into it. */
export class KeptLink implements Link {
  readonly peer: Link["peer"];
  readonly queuedBytes = 0;
  alive = true;
  room = true;
  readonly #writer = new WireWriter();

  constructor(instance: string) {
    this.peer = { instance, boot: "bt_1" };
  }

  hasRoom(): boolean {
    return this.alive && this.room;
  }

  begin(kind: number, sizeHint: number): WireWriter | undefined {
    if (!this.hasRoom()) return undefined;
    this.#writer.open(1, sizeHint + 4);
    this.#writer.open(kind, sizeHint);
    return this.#writer;
  }

  end(): void {
    this.#writer.close();
    this.#writer.close();
  }

  drain(): void {}

  destroy(): void {
    this.alive = false;
  }

  /** The encoded batch so far; empty afterwards. */
  bytes(): Buffer {
    return this.#writer.take();
  }
}
