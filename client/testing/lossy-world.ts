import assert from "node:assert/strict";
import { FakeClock } from "../../lib/fake-clock.js";
import type { ServerFrameKind } from "../codec.js";
import type { FrameKind } from "../effects.js";
import { Engine } from "../engine.js";
import type { ClientEvent } from "../events.js";
import { MemoryStore } from "../memory-store.js";
import type { StoreWrite } from "../store.js";
import { MeshModel } from "./mesh-model.js";

export const ME = "us_aaaaaaaaaaaaaaaa";
export const PEER = "us_bbbbbbbbbbbbbbbb";
export const GHOST = "us_cccccccccccccccc";
export const DIRECT = "dm_aaaaaaaaaaaaaaaa_bbbbbbbbbbbbbbbb";
const DEVICE = "dv_aaaaaaaaaaaaaaaa";
const PEER_DEVICE = "dv_bbbbbbbbbbbbbbbb";

/** A store that can die before or after a commit, as a process can. */
class MortalStore extends MemoryStore {
  death: "before" | "after" | undefined;
  onDeath = () => {};

  override async write(batch: readonly StoreWrite[]): Promise<void> {
    const { death } = this;
    this.death = undefined;
    if (death !== "before") await super.write(batch);
    if (death === undefined) return;
    this.onDeath();
    await new Promise(() => {});
  }
}

/**
 * One engine against the model of the server, over a network that the test owns: it loses, repeats
 * and reorders frames, breaks connections and kills the client's process.
 */
export class LossyWorld {
  readonly clock = new FakeClock();
  readonly mesh = new MeshModel(GHOST);
  readonly store = new MortalStore();
  readonly events: ClientEvent[] = [];
  /** Texts the user gave, in order. */
  readonly given: string[] = [];
  engine: Engine | undefined;
  private toServer: FrameKind[] = [];
  private toClient: ServerFrameKind[] = [];
  private online = false;
  private connect = 0;
  private posted = 0;
  /** The run of the process; what a dead one still does is not seen. */
  private run = 0;

  constructor() {
    this.mesh.addDevice(ME, DEVICE);
    this.mesh.addDevice(PEER, PEER_DEVICE);
    this.store.onDeath = () => this.kill();
  }

  async start(): Promise<void> {
    const run = ++this.run;
    const { store, clock } = this;
    this.engine = new Engine(
      {
        store,
        clock,
        me: ME,
        apply: () => {},
        transmit: (kind) => run === this.run && this.online && this.toServer.push(kind),
        emit: (event) => run === this.run && this.events.push(event),
        fail: (error) => {
          throw error;
        },
      },
      await store.load(),
    );
    if (this.online) this.attach();
  }

  kill(): void {
    this.disconnect();
    this.run++;
    this.engine = undefined;
  }

  goOnline(): void {
    if (this.online || this.engine === undefined) return;
    this.online = true;
    this.attach();
  }

  disconnect(): void {
    if (!this.online) return;
    this.online = false;
    this.mesh.disconnect(DEVICE);
    this.toServer = [];
    this.toClient = [];
    this.engine?.detach();
  }

  userSends(text: string): void {
    if (this.engine === undefined) return;
    const id = this.given.length;
    this.given.push(`${text}${id}`);
    const clientMessageId = `id-${id}`;
    const item = { conversation: DIRECT, clientMessageId, text: `${text}${id}`, queuedAtUnixMs: 0 };
    void this.engine.enqueue(item).catch(() => {});
  }

  peerSends(hidden: boolean): void {
    const id = `peer-${this.posted++}`;
    this.mesh.post(DIRECT, hidden ? GHOST : PEER, id, id);
  }

  makeBusy(): void {
    this.mesh.log(DIRECT).busy = 2;
  }

  dieAtNextCommit(when: "before" | "after"): void {
    this.store.death = when;
  }

  /** Moves one frame to the server; `index` picks it, so frames can overtake each other. */
  async serverTakes(index: number, fate: "take" | "lose" | "repeat"): Promise<void> {
    const [frame] = this.toServer.splice(Math.min(index, this.toServer.length - 1), 1);
    if (frame === undefined || fate === "lose") return;
    if (fate === "repeat") this.toServer.push(frame);
    await this.checkStored(frame);
    this.mesh.receive(DEVICE, structuredClone(frame));
  }

  clientTakes(index: number, fate: "take" | "lose" | "repeat"): void {
    const [frame] = this.toClient.splice(Math.min(index, this.toClient.length - 1), 1);
    if (frame === undefined || fate === "lose") return;
    if (fate === "repeat") this.toClient.push(frame);
    this.engine?.frame(structuredClone(frame));
  }

  /** Lets the engine commit what it has. */
  async settle(): Promise<void> {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** A perfect network until nothing moves any more. */
  async heal(): Promise<void> {
    this.store.death = undefined;
    if (this.engine === undefined) await this.start();
    this.goOnline();
    for (let quiet = 0, round = 0; quiet < 4; round++) {
      assert.ok(round < 200, "the client and the server never come to rest");
      let moved = await this.drain();
      this.clock.advance(20_000);
      this.mesh.probe();
      moved = (await this.drain()) || moved;
      quiet = moved && !(await this.atRest()) ? 0 : quiet + 1;
    }
  }

  /** All the peer's devices and the peer himself catch up, so that the last ticks move. */
  peerReads(): void {
    const { head } = this.mesh.log(DIRECT);
    if (head === 0) return;
    const value = { conversation: DIRECT, seq: head, automatic: false };
    this.mesh.receive(PEER_DEVICE, { $case: "read", value });
  }

  shown(): string[] {
    return this.events.flatMap((event) =>
      event.name === "message" ? [event.value.text ?? ""] : [],
    );
  }

  private async atRest(): Promise<boolean> {
    const record = this.engine?.position(DIRECT);
    const { outbox } = await this.store.load();
    const log = this.mesh.log(DIRECT);
    return outbox.length === 0 && record?.last === log.before(log.head + 1);
  }

  private async drain(): Promise<boolean> {
    let moved = false;
    await this.settle();
    while (this.toServer.length + this.toClient.length > 0) {
      moved = true;
      for (let i = this.toServer.length; i > 0; i--) await this.serverTakes(0, "take");
      for (let i = this.toClient.length; i > 0; i--) this.clientTakes(0, "take");
      await this.settle();
    }
    return moved;
  }

  private attach(): void {
    this.mesh.connect(DEVICE, (frame) => this.online && this.toClient.push(frame));
    this.engine?.attach(++this.connect);
  }

  /** Nothing may be acknowledged or sent that the store does not hold. */
  private async checkStored(frame: FrameKind): Promise<void> {
    const { conversations, outbox } = await this.store.load();
    const last = conversations.find((one) => one.conversation === DIRECT)?.last ?? 0;
    if (frame.$case === "ack" || frame.$case === "read") assert.ok(frame.value.seq <= last);
    if (frame.$case !== "send") return;
    assert.ok(frame.value.acked <= last);
    const record = conversations.find((one) => one.conversation === DIRECT);
    assert.ok(frame.value.number <= (record?.lastNumber ?? 0) + 16);
    const { clientMessageId } = frame.value;
    const stored = outbox.find((item) => item.clientMessageId === clientMessageId);
    assert.ok(
      stored === undefined || stored.number > 0,
      "a send left before its number was stored",
    );
  }
}
