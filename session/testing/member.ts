import { FakeDevice, type Rig } from "./rig.js";

/** A device that moves from one run of the service to the next. */
class Client {
  protected fake: FakeDevice;
  protected taken = 0;
  on = false;

  constructor(
    rig: Rig,
    readonly user: string,
    readonly chat: string,
  ) {
    this.fake = rig.device(user);
  }

  get device(): string {
    return this.fake.device;
  }

  connect(): void {
    this.on = true;
    this.fake.attach();
    this.fake.say({ $case: "resume", value: { token: 1 } });
  }

  moveTo(rig: Rig): void {
    const { connect } = this.fake;
    this.fake = new FakeDevice(rig, this.user, this.device);
    this.fake.connect = connect;
    this.taken = 0;
    if (this.on) this.connect();
  }

  /** What came since the last time. */
  protected news() {
    const news = this.fake.received.slice(this.taken);
    this.taken += news.length;
    return news;
  }
}

/** A member who shows what is delivered to him, by the rules of the contract. */
export class Member extends Client {
  /** From the entry that added him through the one that removed him; 0: he is in. */
  readonly intervals: [from: number, through: number][] = [];
  readonly shown: number[] = [];
  #last = 0;

  get isIn(): boolean {
    return this.intervals.at(-1)?.[1] === 0;
  }

  toggle(): void {
    if (!this.on) return this.connect();
    this.on = false;
    this.fake.detach();
  }

  reconnect(): void {
    if (this.on) this.toggle();
    this.toggle();
  }

  /** Handles what came; `lossy`: its acknowledgements are lost. True when there was something. */
  handle(lossy: boolean): boolean {
    let moved = false;
    for (const frame of this.on ? this.news() : []) {
      if (frame.$case === "bases") this.fake.say({ $case: "ackBases", value: {} });
      if (frame.$case !== "deliver") continue;
      moved = true;
      const { entry, after } = frame.value;
      const seq = entry?.seq ?? 0;
      if (seq > this.#last && after > this.#last) {
        this.fake.say({ $case: "resync", value: { conversation: this.chat, last: this.#last } });
        continue;
      }
      if (seq > this.#last) this.shown.push(seq);
      this.#last = Math.max(this.#last, seq);
      if (!lossy) this.fake.ack(this.chat, this.#last);
    }
    return moved;
  }

  /** What he may see of a log of so many entries. */
  readonly visible = (head: number): number[] => {
    const seqs = Array.from({ length: head }, (_, i) => i + 1);
    const isIn = (seq: number) =>
      this.intervals.some(([from, through]) => from <= seq && (through === 0 || seq <= through));
    return seqs.filter(isIn);
  };
}

interface Sent {
  readonly id: string;
  readonly number: number;
  /** 0 until it is answered. */
  seq: number;
}

/** A device that sends, and sends again. */
export class Sender extends Client {
  readonly all: Sent[] = [];
  /** The highest ✓✓ that it was told. */
  delivered = 0;

  next(): Sent {
    const number = this.all.length + 1;
    const id = `00000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`;
    const sent = { id, number, seq: 0 };
    this.all.push(sent);
    return sent;
  }

  ask({ id, number }: Sent): void {
    this.fake.send(this.chat, number, `text ${number}`, id);
  }

  pull(): void {
    this.fake.say({ $case: "pullReceipts", value: { conversations: [this.chat] } });
  }

  /** Takes in the answers. */
  listen(): void {
    for (const frame of this.news()) {
      if (frame.$case === "receipt") {
        this.delivered = Math.max(this.delivered, frame.value.delivered);
      } else if (frame.$case === "sent") {
        const { clientMessageId, seq } = frame.value;
        for (const sent of this.all) if (sent.id === clientMessageId) sent.seq = seq;
      } else if (frame.$case === "outOfOrder" || frame.$case === "conflict") {
        throw new Error(`the sends of a device came apart: ${frame.$case}`);
      }
    }
  }
}
