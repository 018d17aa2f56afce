import { EventEmitter } from "node:events";

/**
 * Loaded into a service before anything of the product (`node --import`): makes it suffer on command, over the channel to
 * whoever started it. It does nothing else, and the product knows nothing of it.
 */
export type Ordeal =
  /** Blocks the event loop. */
  | { readonly ordeal: "block"; readonly ms: number }
  /** The wall clock is wrong by so much from now on. */
  | { readonly ordeal: "clock"; readonly aheadMs: number }
  /** The next piece of data that a handler gets makes it throw. */
  | { readonly ordeal: "throw" }
  /** A promise is rejected and nobody looks. */
  | { readonly ordeal: "reject" };

process.on("message", (message) => {
  if (typeof message === "object" && message !== null && "ordeal" in message) {
    suffer(message as Ordeal);
  }
});

function suffer(ordeal: Ordeal): void {
  if (ordeal.ordeal === "block") {
    for (const end = performance.now() + ordeal.ms; performance.now() < end; );
  } else if (ordeal.ordeal === "clock") {
    setClock(ordeal.aheadMs);
  } else if (ordeal.ordeal === "reject") {
    void Promise.reject(new Error("an ordeal: a promise that nobody looks at"));
  } else {
    throwAtNextData();
  }
}

const RealDate = Date;
let aheadMs = 0;

function setClock(ms: number): void {
  aheadMs = ms;
  if (globalThis.Date !== RealDate) return;
  globalThis.Date = class extends RealDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [RealDate.now() + aheadMs] : args) as [number]));
    }
    static override now(): number {
      return RealDate.now() + aheadMs;
    }
  } as DateConstructor;
}

/** Streams of links are emitters; the handler of the next batch of one of them fails. */
function throwAtNextData(): void {
  const { emit } = EventEmitter.prototype;
  EventEmitter.prototype.emit = function (this: EventEmitter, event, ...args) {
    if (event !== "data" || !isLink(this)) return emit.call(this, event, ...args);
    EventEmitter.prototype.emit = emit;
    throw new Error("an ordeal: a handler fails");
  };
}

function isLink(emitter: EventEmitter): boolean {
  return /Duplex/.test(emitter.constructor.name);
}
