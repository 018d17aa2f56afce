import type { PriorityClass } from "./link.js";
import { CLASSES, roomBytes } from "./room.js";

/** What passed one link, or several: plain counts that only rise. */
export class LinkCounts {
  framesOut = 0;
  framesIn = 0;
  batchesOut = 0;
  batchesIn = 0;
  bytesOut = 0;
  bytesIn = 0;
  /** Frames of a kind this end does not know; skipped. */
  unknownIn = 0;
  /** Frames refused by `begin`, per class. */
  readonly refused: number[] = [0, 0, 0, 0, 0];

  add(other: LinkCounts): void {
    this.framesOut += other.framesOut;
    this.framesIn += other.framesIn;
    this.batchesOut += other.batchesOut;
    this.batchesIn += other.batchesIn;
    this.bytesOut += other.bytesOut;
    this.bytesIn += other.bytesIn;
    this.unknownIn += other.unknownIn;
    for (let cls = 0; cls < CLASSES; cls++) {
      (this.refused[cls] as number) += other.refused[cls] as number;
    }
  }
}

/** One bounded queue as it is now. */
export interface QueueReading {
  /** `link <path> <dial|accept> <peer instance>`. */
  readonly name: string;
  readonly cls: PriorityClass;
  /** Queued bytes at which this class is refused. */
  readonly limitBytes: number;
  /** Bytes queued on the link, of all classes. */
  readonly queuedBytes: number;
  /** Frames that may be sent before the peer gives credits back; meaningless for P0. */
  readonly credits: number;
  readonly refused: number;
}

/** What a link shows of itself. */
export interface Metered {
  readonly name: string;
  readonly queuedBytes: number;
  readonly counts: LinkCounts;
  creditsLeft(cls: PriorityClass): number;
}

/** All links of one process, for metrics. */
export class LinkMeters {
  readonly #live = new Set<Metered>();
  readonly #ended = new LinkCounts();

  opened(link: Metered): void {
    this.#live.add(link);
  }

  ended(link: Metered): void {
    if (this.#live.delete(link)) this.#ended.add(link.counts);
  }

  /** The links that are open now. */
  get live(): Iterable<Metered> {
    return this.#live;
  }

  /** Sums over all links there ever were. */
  totals(): LinkCounts {
    const sum = new LinkCounts();
    sum.add(this.#ended);
    for (const link of this.#live) sum.add(link.counts);
    return sum;
  }

  /** Every queue of every open link. */
  queues(): QueueReading[] {
    const readings: QueueReading[] = [];
    for (const link of this.#live) {
      for (let cls = 0; cls < CLASSES; cls++) {
        readings.push({
          name: link.name,
          cls: cls as PriorityClass,
          limitBytes: roomBytes[cls] as number,
          queuedBytes: link.queuedBytes,
          credits: link.creditsLeft(cls as PriorityClass),
          refused: link.counts.refused[cls] as number,
        });
      }
    }
    return readings;
  }
}
