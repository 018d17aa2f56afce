import type { Patience } from "./patience.js";
import type { Player } from "./player.js";

/** A conversation of a scene: who talks in it, and the devices that are to have all of it. */
export class Thread {
  constructor(
    readonly conversation: string,
    readonly talkers: readonly Player[],
    readonly devices: readonly Player[],
    readonly patience: Patience,
  ) {}

  /** The newest message, as far as those know who sent one. */
  get last(): number {
    const { conversation, talkers } = this;
    return Math.max(...talkers.map(({ client }) => client.position(conversation)?.newestOwn ?? 0));
  }

  /** A last word each; everybody has it, has read it, and knows that the others have. */
  async rest(): Promise<void> {
    await this.lastWords();
    await this.read();
    await this.ticks();
  }

  async lastWords(): Promise<void> {
    const { conversation, talkers, devices } = this;
    for (const talker of talkers) await talker.talk(conversation, 1);
    await this.patience.until(() =>
      devices.every((player) => player.last(conversation) >= this.last),
    );
  }

  /** Those who talk have read what they have. */
  async read(): Promise<void> {
    const { conversation, talkers } = this;
    const reading = talkers.map((player) =>
      player.client.markRead(conversation, player.last(conversation)),
    );
    await Promise.all(reading);
  }

  async ticks(): Promise<void> {
    const { conversation, devices } = this;
    await this.patience.until(() =>
      devices.every(({ client }) => {
        const position = client.position(conversation);
        return (
          position !== undefined &&
          position.ownRead >= this.last &&
          position.peerRead >= position.newestOwn
        );
      }),
    );
  }

  /** Every device fetches the whole conversation, as far as it can be had. */
  async fetch(): Promise<void> {
    for (const { client } of this.devices) {
      let before = 0;
      do {
        before = (await client.history(this.conversation, before, 50)).before;
      } while (before !== 0);
    }
  }
}
