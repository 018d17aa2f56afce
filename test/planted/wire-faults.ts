import type { Socket, SocketFactory } from "../../client/node.js";

/** What a test does to the connections of one device. */
export class WireFaults {
  /** Nothing from the server arrives any more on the present connection. */
  deaf = false;
  /** Messages from the server that did not arrive because it was deaf. */
  unheard = 0;
  /** Nothing the device says leaves it any more. */
  mute = false;
  /** Everything from the server arrives twice. */
  echo = false;
  /** On its next connection nothing is heard before the device has said so much. */
  heldFor = 0;
  #end: (drop: boolean) => void = () => {};

  /** Breaks the connection; the device connects again by itself. */
  cut(): void {
    this.#end(true);
    this.#end = () => {};
  }

  /** As `cut`, but the server does not notice. */
  abandon(): void {
    this.#end(false);
    this.#end = () => {};
  }

  around(openSocket: SocketFactory): SocketFactory {
    return (request, handlers) => {
      this.deaf = false;
      this.mute = false;
      let live = true;
      const held: Parameters<typeof handlers.message>[0][] = [];
      const hear = (data: (typeof held)[number]) => {
        if (live && this.deaf) this.unheard++;
        if (!live || this.deaf) return;
        handlers.message(data);
        if (live && this.echo) handlers.message(data);
      };
      const said = () => {
        if (this.heldFor > 0 && --this.heldFor === 0) setImmediate(() => held.splice(0).map(hear));
      };
      const inner = openSocket(request, {
        open: () => handlers.open(),
        message: (data) => {
          if (this.heldFor > 0 || held.length > 0) held.push(data);
          else hear(data);
        },
        end: (end) => handlers.end(end),
      });
      this.#end = (drop) => {
        live = false;
        if (drop) inner.drop();
        handlers.end({ code: 1006, reason: "cut" });
      };
      return this.#socket(inner, said);
    };
  }

  #socket(inner: Socket, said: () => void): Socket {
    return {
      send: (data) => {
        said();
        if (!this.mute) inner.send(data);
      },
      bufferedBytes: () => inner.bufferedBytes(),
      drop: () => {
        this.#end = () => {};
        inner.drop();
      },
    };
  }
}
