import { pause } from "../cast.js";
import type { Player } from "../player.js";
import type { Script } from "./script.js";

/** Attention ends after a second, and cursors are stored every half: what takes minutes in the product fits a scene. */
const QUICK = {
  CHAT_SESSION_ATTENTION_MS: "1000",
  CHAT_SESSION_CURSOR_FLUSH_MS: "500",
};
/** Attention has ended, and so has the sweep that looks for it. */
const QUIET_MS = 2_500;

/** Processes die, owners change, conversations become quiet and devices are away. */
export const failureScenes = {
  /** Everything is killed when all has just been read and both talk on, and once more when the tablet lacks something. */
  kill: {
    env: QUICK,
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await alice.talk(phone.user, 20);
      await cast.rest(alice, phone);
      const talking = bothTalk(alice, phone);
      talking.catch(() => {});
      await pause(150);
      await cast.kill();
      await talking;
      // It acknowledges its own message, late and deaf: so a cursor is stored when more is there than it has.
      await tablet.talk(alice.user, 1);
      tablet.faults.deaf = true;
      await alice.talk(phone.user, 20);
      await pause(3_000);
      await tablet.caughtUpAfter(() => cast.kill());
      await bothTalk(alice, phone);
      await cast.rest(alice, phone);
    },
  },
  /** Another owner takes the conversation over in the middle of it. */
  deposed: {
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await bothTalk(alice, phone);
      cast.usurp();
      await pause(500);
      await bothTalk(alice, phone);
      await cast.rest(alice, phone);
    },
  },
  /** The conversation becomes quiet while a device is away, and busy, and quiet again. */
  quiet: {
    env: QUICK,
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await alice.talk(phone.user, 5);
      await pause(QUIET_MS);
      await tablet.leave();
      await alice.talk(phone.user, 5);
      await pause(QUIET_MS);
      await tablet.come();
      await cast.rest(alice, phone);
    },
  },
  /** A device is away while there is one message. */
  return: {
    env: { CHAT_SESSION_CURSOR_FLUSH_MS: "300" },
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await alice.talk(phone.user, 5);
      await pause(1_000);
      await tablet.leave();
      await alice.talk(phone.user, 1);
      await tablet.come();
      await cast.rest(alice, phone);
    },
  },
  /** Receipts is away while the last messages arrive and are read. */
  receipts: {
    topology: "processes",
    env: QUICK,
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      const killing = cast.kill("receipts", 500);
      await pause(100);
      await Promise.all([killing, cast.rest(alice, phone)]);
    },
  },
} as const satisfies Record<string, Script>;

async function bothTalk(alice: Player, phone: Player): Promise<void> {
  await Promise.all([alice.talk(phone.user, 40), phone.talk(alice.user, 40)]);
}
