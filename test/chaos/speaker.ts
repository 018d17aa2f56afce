import type { DeviceEvents } from "./raw-device.js";

/** A device of the load, on the SDK or on the raw protocol: talks when it is told to, and can be asked how far it is. */
export interface Speaker {
  readonly name: string;
  readonly user: string;
  /** Own messages that have their ✓. */
  readonly acknowledged: number;
  /** Sends without end, at its own pace, until `fallSilent`. */
  talk(conversation: string): void;
  /** Stops talking; resolves when every message has its outcome. */
  fallSilent(): Promise<void>;
  say(conversation: string, text: string): Promise<void>;
  shows(conversation: string, head: number): Promise<void>;
  markRead(conversation: string, seq: number): Promise<void>;
  blue(conversation: string): Promise<void>;
  knowsRead(conversation: string, seq: number): Promise<void>;
  fetchAll(conversation: string): Promise<void>;
  close(): Promise<void>;
  /** Leaves its connection, on which frames may be under way, and connects elsewhere. */
  move(): void;
  watch(events: DeviceEvents): void;
  /** What it was told that no correct device should ever be. */
  readonly refusals: readonly string[];
}

/** Several who watch the same device. */
export class Watchers implements DeviceEvents {
  readonly #all: DeviceEvents[] = [];

  add(events: DeviceEvents): void {
    this.#all.push(events);
  }

  cutOff(): void {
    for (const one of this.#all) one.cutOff();
  }

  acknowledged(): void {
    for (const one of this.#all) one.acknowledged();
  }

  shown(): void {
    for (const one of this.#all) one.shown();
  }

  caughtUp(): void {
    for (const one of this.#all) one.caughtUp();
  }
}
