import { directId } from "../../../lib/ids.js";
import { type Cast, pause } from "../cast.js";
import type { Player } from "../player.js";
import type { Script } from "./script.js";

const NOBODY = "us_0000000000000000";

/** Two people talk, and what their devices say and hear is lost. */
export const talkScenes = {
  /** Both talk; connections break in the middle of it; a device is away, a new one comes. */
  chat: {
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await Promise.all([alice.talk(phone.user, 20), phone.talk(alice.user, 20)]);
      await lostAnswers(cast, alice, phone);
      await alice.talk(NOBODY, 2);
      await lostEntries(alice, phone);
      tablet.faults.echo = true;
      await tablet.leave();
      await alice.talk(phone.user, 100);
      await tablet.come();
      const laptop = await cast.enter("laptop", { account: "bob", path: "login" });
      await alice.talk(laptop.user, 5);
      await cast.rest(alice, phone);
    },
  },
  /** Nobody of Bob's hears anything for a while. */
  unheard: {
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await phone.talk(alice.user, 5);
      for (const { faults } of [phone, tablet]) faults.deaf = true;
      await alice.talk(phone.user, 10);
      await alice.talk(phone.user, 1);
      await pause(300);
      await Promise.all([phone.reconnect(), tablet.reconnect()]);
      await cast.rest(alice, phone);
    },
  },
  /** Some of what Alice sends is lost, and what follows is not. */
  shuffle: {
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      alice.faults.mute = true;
      const lost = alice.talk(phone.user, 3);
      lost.catch(() => {});
      await pause(200);
      alice.faults.mute = false;
      await alice.talk(phone.user, 3);
      await lost;
      await cast.rest(alice, phone);
    },
  },
  /** The last thing that the phone says is that Bob has read all, and that is lost with its connection. */
  reading: {
    async play(cast) {
      const [alice, phone] = await cast.friends();
      const chat = cast.chat(alice, phone);
      await chat.lastWords();
      phone.faults.mute = true;
      await chat.read();
      await phone.reconnect();
      await chat.ticks();
    },
  },
  /** What Alice sends is lost, and with it her connection. */
  resend: {
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      alice.faults.mute = true;
      const lost = alice.talk(phone.user, 3);
      lost.catch(() => {});
      await pause(200);
      await alice.reconnect();
      await lost;
      await cast.rest(alice, phone);
    },
  },
  /** The phone misses entries and hears again. */
  gap: {
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      await phone.misses(10, () => alice.talk(phone.user, 10));
      await cast.rest(alice, phone);
    },
  },
  /** The phone connects again before the server knows that its connection is gone. */
  takeover: {
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      phone.faults.abandon();
      await alice.talk(phone.user, 5);
      await cast.rest(alice, phone);
    },
  },
} as const satisfies Record<string, Script>;

/** Alice's messages are stored, but she does not hear of it; then her connection breaks, and she sends them again. */
async function lostAnswers(cast: Cast, alice: Player, phone: Player): Promise<void> {
  const conversation = directId(alice.user, phone.user);
  await cast.chat(alice, phone).lastWords();
  const goal = phone.last(conversation) + 10;
  alice.faults.deaf = true;
  const talking = alice.talk(phone.user, 10);
  talking.catch(() => {});
  await cast.patience.until(() => phone.last(conversation) >= goal);
  // Resume, and the messages: else her own, delivered to her, could come before she sends them again.
  alice.faults.heldFor = 11;
  alice.faults.cut();
  await talking;
}

/** The phone misses some entries and hears again: a gap. Then what it says is lost, and its connection breaks. */
async function lostEntries(alice: Player, phone: Player): Promise<void> {
  await phone.misses(3, () => alice.talk(phone.user, 3));
  await alice.talk(phone.user, 3);
  phone.faults.mute = true;
  await alice.talk(phone.user, 5);
  phone.faults.cut();
  await alice.talk(phone.user, 3);
}
