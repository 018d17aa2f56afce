import { pause } from "../cast.js";
import type { Script } from "./script.js";

/** Bob blocks Alice. */
export const blockScenes = {
  /** And does not think better of it; session is killed. */
  block: {
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await alice.talk(phone.user, 5);
      await cast.rest(alice, phone);
      await phone.recorded.block("block", alice.user);
      await alice.talk(phone.user, 5);
      // Refused.
      await phone.talk(alice.user, 1);
      await cast.kill();
      await alice.talk(phone.user, 5);
      await tablet.reconnect();
      await pause(1_000);
    },
  },
  /** And unblocks her, while his tablet is away. */
  unblock: {
    async play(cast) {
      const [alice, phone, tablet] = await cast.friends();
      await alice.talk(phone.user, 5);
      await cast.rest(alice, phone);
      await tablet.leave();
      await phone.recorded.block("block", alice.user);
      await alice.talk(phone.user, 5);
      await phone.recorded.block("unblock", alice.user);
      await alice.talk(phone.user, 5);
      await tablet.come();
      await cast.rest(alice, phone);
    },
  },
} as const satisfies Record<string, Script>;
