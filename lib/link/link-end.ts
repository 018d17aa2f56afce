import type { Clock, Timer } from "../clock.js";
import { limits } from "../limits.js";
import type { Logger } from "../log.js";
import { WireError, WireReader } from "../wire/reader.js";
import type { WireWriter } from "../wire/writer.js";
import type { BatchSink, BatchStream, StreamEnd } from "./batch-stream.js";
import {
  CONTROL_KIND,
  Control,
  readCredit,
  readDraining,
  readHello,
  writeCredit,
  writeDraining,
  writeHeartbeat,
  writeHello,
} from "./control.js";
import type { Link, LinkContract, LinkHandler, Peer, PriorityClass } from "./link.js";
import { LinkCounts, type LinkMeters, type Metered } from "./meter.js";
import { Outgoing } from "./outgoing.js";
import { Credits, Intake, roomBytes } from "./room.js";

const HEARTBEAT_MS = 5_000;
/**
 * Own heartbeats without a sign of the peer before the link is dead: 15 s, and never because this
 * process slept.
 */
const SILENT_BEATS_MAX = 3;

export interface LinkEndDeps {
  readonly contract: LinkContract;
  readonly side: "dial" | "accept";
  readonly stream: BatchStream;
  readonly handler: LinkHandler;
  readonly self: Peer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meters: LinkMeters;
  /** Called once, after the handler's `down`. */
  readonly ended?: (why: string) => void;
}

/**
 * One end of one stream: writes frames into batches, walks the batches received, and keeps the
 * rules of link.proto.
 */
export class LinkEnd implements Link, Metered, BatchSink {
  peer: Peer = { instance: "?", boot: "?" };
  alive = true;
  readonly counts = new LinkCounts();
  readonly #deps: LinkEndDeps;
  readonly #outClasses: readonly PriorityClass[];
  readonly #inClasses: readonly PriorityClass[];
  readonly #out = new Outgoing();
  readonly #credits = new Credits();
  readonly #intake = new Intake(limits.linkWindowFrames);
  readonly #batch = new WireReader();
  readonly #frame = new WireReader();
  readonly #body = new WireReader();
  readonly #scratch: number[] = [];
  readonly #beat: Timer;
  #up = false;
  #writable = true;
  #scheduled = false;
  #open = false;
  #openClass: PriorityClass = 0;
  #silentBeats = 0;

  constructor(deps: LinkEndDeps) {
    this.#deps = deps;
    const dials = deps.side === "dial";
    this.#outClasses = dials ? deps.contract.up : deps.contract.down;
    this.#inClasses = dials ? deps.contract.down : deps.contract.up;
    deps.meters.opened(this);
    this.#beat = deps.clock.every(HEARTBEAT_MS, () => this.#onBeat());
    deps.stream.open(this);
    this.#control((writer) => writeHello(writer, deps.self, limits.linkWindowFrames));
  }

  get name(): string {
    return `link ${this.#deps.contract.path} ${this.#deps.side} ${this.peer.instance}`;
  }

  get queuedBytes(): number {
    return this.#out.bytes;
  }

  /** Whether both Hellos have passed. */
  get established(): boolean {
    return this.#up;
  }

  creditsLeft(cls: PriorityClass): number {
    return this.#credits.left(cls);
  }

  hasRoom(cls: PriorityClass): boolean {
    if (!this.alive || cls === 0) return this.alive;
    return this.#out.bytes < (roomBytes[cls] as number) && this.#credits.has(cls);
  }

  begin(kind: number, sizeHint: number): WireWriter | undefined {
    const cls = this.#outClasses[kind];
    if (cls === undefined) throw new RangeError(`no frame ${kind} on ${this.#deps.contract.path}`);
    if (!this.hasRoom(cls)) {
      (this.counts.refused[cls] as number)++;
      return undefined;
    }
    if (cls === 0 && this.#out.bytes > limits.linkQueueBytesMax) {
      this.#die("broken", `the peer is stuck: ${this.#out.bytes} bytes are queued`);
      return undefined;
    }
    this.#openClass = cls;
    this.#open = true;
    return this.#out.begin(kind, sizeHint);
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#out.end();
    this.#credits.spend(this.#openClass);
    this.counts.framesOut++;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#onTurn);
  }

  drain(delayMs: number): void {
    if (this.alive) this.#control((writer) => writeDraining(writer, delayMs));
  }

  destroy(why: string): void {
    this.#die("broken", why);
  }

  /** Ends the link after everything written so far, as far as the transport takes it now. */
  finish(why: string): void {
    this.#flush();
    this.#die("done", why);
  }

  message(batch: Buffer): void {
    if (!this.alive) return;
    this.#silentBeats = 0;
    this.counts.batchesIn++;
    this.counts.bytesIn += batch.length;
    try {
      this.#walk(batch);
      if (this.alive && this.#up) this.#deps.handler.batchEnd?.(this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.alive && this.#intake.due) {
      this.#intake.settle((frames) => this.#control((writer) => writeCredit(writer, frames)));
    }
  }

  drained(): void {
    this.#writable = true;
    this.#flush();
  }

  closed(why: string): void {
    this.#die("broken", why);
  }

  #walk(bytes: Buffer): void {
    const batch = this.#batch.reset(bytes);
    while (batch.next()) {
      if (batch.field !== 1) continue;
      this.#take(this.#frame.enter(batch));
      if (!this.alive) return;
    }
  }

  /** One frame: finds its arm and hands the arm's body on. */
  #take(frame: WireReader): void {
    let kind = 0;
    while (frame.next()) {
      if (this.#inClasses[frame.field] === undefined) continue;
      if (kind !== 0) throw new WireError("a frame with two arms");
      kind = frame.field;
      this.#body.enter(frame);
    }
    this.counts.framesIn++;
    if (kind === CONTROL_KIND) {
      this.#onControl(this.#body);
      return;
    }
    if (!this.#up) throw new WireError("the first frame is not a Hello");
    if (kind === 0) {
      this.counts.unknownIn++;
      this.#intake.tookUnknown();
      return;
    }
    this.#deps.handler.frame(this, kind, this.#body);
    this.#intake.took(this.#inClasses[kind] as PriorityClass);
  }

  #onControl(control: WireReader): void {
    while (control.next()) {
      const arm = control.field;
      const body = this.#frame.enter(control);
      if (arm === Control.hello) this.#onHello(body);
      else if (!this.#up) throw new WireError("the first frame is not a Hello");
      else if (arm === Control.credit) {
        readCredit(body, this.#scratch);
        this.#credits.refill(this.#scratch);
      } else if (arm === Control.draining) {
        this.#deps.handler.draining?.(this, readDraining(body));
      }
    }
  }

  #onHello(body: WireReader): void {
    if (this.#up) throw new WireError("a second Hello");
    const { peer, windows } = readHello(body);
    this.peer = peer;
    this.#credits.open(windows);
    this.#up = true;
    this.#deps.log.info({ link: this.name, boot: peer.boot }, "link up");
    this.#deps.handler.up?.(this);
  }

  #fail(error: unknown): void {
    if (error instanceof WireError) {
      this.#die("invalid", `malformed batch: ${error.message}`);
    } else {
      this.#deps.log.error({ link: this.name, err: error }, "the link's handler failed");
      this.#die("broken", "the receiver failed");
    }
  }

  #control(write: (writer: WireWriter) => void): void {
    const writer = this.begin(CONTROL_KIND, 16);
    if (!writer) return;
    write(writer);
    this.end();
  }

  #onBeat(): void {
    if (++this.#silentBeats > SILENT_BEATS_MAX) this.#die("broken", "the peer is silent for 15 s");
    else this.#control(writeHeartbeat);
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    while (this.alive && this.#writable) {
      const batch = this.#out.take();
      if (!batch) return;
      this.counts.batchesOut++;
      this.counts.bytesOut += batch.length;
      this.#writable = this.#deps.stream.write(batch);
    }
  }

  #die(how: StreamEnd, why: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.#open = false;
    this.#beat.cancel();
    this.#out.clear();
    this.#deps.stream.close(how, why);
    this.#deps.meters.ended(this);
    // Not at once: the one who broke the link may be in the middle of writing to it.
    setImmediate(() => this.#afterDeath(why));
  }

  #afterDeath(why: string): void {
    const { handler, log, ended } = this.#deps;
    if (this.#up) {
      log.info({ link: this.name, boot: this.peer.boot, why }, "link down");
      try {
        handler.down?.(this, why);
      } catch (error) {
        log.error({ link: this.name, err: error }, "the link's handler failed");
      }
    }
    ended?.(why);
  }
}
