import { GatewayBatch, type GatewayFrame } from "../../gen/chat/parser/v1/parser.js";
import { linkContract } from "../../lib/contract.js";
import type { Link, LinkHandler } from "../../lib/link/link.js";
import { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";

export type Kind = NonNullable<GatewayFrame["kind"]>;
export type ValueOf<C extends Kind["$case"]> = Extract<Kind, { $case: C }>["value"];

const { up } = linkContract("chat.parser.v1.Parsers");

/** A link whose other end is the test: it keeps what is written. */
export class FakeLink implements Link {
  readonly peer = { instance: "parser-1", boot: "bt_parser" };
  readonly queuedBytes = 0;
  alive = true;
  /** Whether everything but P0 is refused. */
  full = false;
  readonly #writer = new WireWriter(256);

  hasRoom(): boolean {
    return this.alive && !this.full;
  }

  begin(kind: number, sizeHint: number): WireWriter | undefined {
    if (!this.alive || (this.full && up[kind] !== 0)) return undefined;
    this.#writer.open(1, sizeHint + 4);
    this.#writer.open(kind, sizeHint);
    return this.#writer;
  }

  end(): void {
    while (this.#writer.depth > 0) this.#writer.close();
  }

  drain(): void {}

  destroy(): void {
    this.alive = false;
  }

  /** What was written since the last call, decoded with the generated codec. */
  take(): Kind[] {
    const { frames } = GatewayBatch.decode(this.#writer.take());
    return frames.map(({ kind }) => kind as Kind);
  }

  /** The frames of one kind among what was written since the last call. */
  takeOnly<C extends Kind["$case"]>(kind: C): ValueOf<C>[] {
    return this.take()
      .filter((frame) => frame.$case === kind)
      .map((frame) => frame.value as ValueOf<C>);
  }
}

/** Hands one batch of frames to a handler, as a link does. */
export function receive(
  handler: LinkHandler,
  link: Link,
  frames: readonly { readonly kind: number; readonly body: Uint8Array }[],
): void {
  for (const { kind, body } of frames) {
    handler.frame(link, kind, new WireReader().reset(Buffer.from(body)));
  }
  handler.batchEnd?.(link);
}
