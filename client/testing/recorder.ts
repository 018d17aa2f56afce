import type { Effects, FrameKind } from "../effects.js";
import type { ClientEvent } from "../events.js";
import type { StoreWrite } from "../store.js";

/** Takes down what the pure core wants done. */
export class Recorder implements Effects {
  writes: StoreWrite[] = [];
  frames: FrameKind[] = [];
  events: ClientEvent[] = [];

  write(write: StoreWrite): void {
    this.writes.push(write);
  }

  send(frame: FrameKind): void {
    this.frames.push(frame);
  }

  emit(event: ClientEvent): void {
    this.events.push(event);
  }

  /** The frames of one kind since the last call of `clear`. */
  of<K extends FrameKind["$case"]>($case: K): Extract<FrameKind, { $case: K }>["value"][] {
    return this.frames.flatMap((frame) => (frame.$case === $case ? [frame.value] : [])) as never;
  }

  names(): string[] {
    return this.events.map((event) => event.name);
  }

  clear(): void {
    this.writes = [];
    this.frames = [];
    this.events = [];
  }
}
