import { directId } from "../../lib/ids.js";
import type { Topology } from "../mesh.js";
import { type Cast, pause } from "./cast.js";
import type { Player } from "./player.js";

/** What is played, each with a mesh of its own. */
export type Scene = keyof typeof scenes;

interface Script {
  readonly topology: Topology;
  readonly env: Readonly<Record<string, string>>;
  play(cast: Cast): Promise<void>;
}

/** Attention ends after a second, and cursors are stored every half: what takes minutes in the product fits a scene. */
const QUICK = {
  CHAT_SESSION_ATTENTION_MS: "1000",
  CHAT_SESSION_CURSOR_FLUSH_MS: "500",
};
/** Attention has ended, and so has the sweep that looks for it. */
const QUIET_MS = 2_500;
const NOBODY = "us_0000000000000000";

export const scenes = {
  /** Both talk; connections break in the middle of it; a device is away, a new one comes. */
  chat: {
    topology: "all",
    env: {},
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
    topology: "all",
    env: {},
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
  /** Everything is killed in the middle of it, and once more when the tablet lacks something. */
  kill: {
    topology: "all",
    env: QUICK,
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await alice.talk(phone.user, 20);
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
    topology: "all",
    env: {},
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
    topology: "all",
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
    topology: "all",
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
  /** Some of what Alice sends is lost, and what follows is not. */
  shuffle: {
    topology: "all",
    env: {},
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
    topology: "all",
    env: {},
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await cast.lastWords(alice, phone);
      phone.faults.mute = true;
      await cast.read(alice, phone);
      await phone.reconnect();
      await cast.ticks(alice, phone);
    },
  },
  /** What Alice sends is lost, and with it her connection. */
  resend: {
    topology: "all",
    env: {},
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
    topology: "all",
    env: {},
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      phone.faults.deaf = true;
      await alice.talk(phone.user, 10);
      phone.faults.deaf = false;
      await cast.rest(alice, phone);
    },
  },
  /** The phone connects again before the server knows that its connection is gone. */
  takeover: {
    topology: "all",
    env: {},
    async play(cast) {
      const [alice, phone] = await cast.friends();
      await alice.talk(phone.user, 5);
      phone.faults.abandon();
      await alice.talk(phone.user, 5);
      await cast.rest(alice, phone);
    },
  },
  /** Bob has one device, and that cannot take every message in. */
  poison: {
    topology: "all",
    env: {},
    async play(cast) {
      const alice = await cast.enter("alice", { account: "alice", path: "register" });
      const phone = await cast.enter("phone", { account: "bob", path: "register" });
      phone.broken = true;
      await alice.talk(phone.user, 6);
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

/** Alice's messages are stored, but she does not hear of it; then her connection breaks, and she sends them again. */
async function lostAnswers(cast: Cast, alice: Player, phone: Player): Promise<void> {
  const conversation = directId(alice.user, phone.user);
  await cast.lastWords(alice, phone);
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
  phone.faults.deaf = true;
  await alice.talk(phone.user, 3);
  phone.faults.deaf = false;
  await alice.talk(phone.user, 3);
  phone.faults.mute = true;
  await alice.talk(phone.user, 5);
  phone.faults.cut();
  await alice.talk(phone.user, 3);
}
