import { Crew } from "../crew.js";
import type { Script } from "./script.js";

/** Groups: members come and go. */
export const groupScenes = {
  /** Cat is removed while others talk, and is added again; a change is asked for twice. */
  crew: {
    async play(cast) {
      const crew = await Crew.gather(cast);
      const [alice, bob, cat] = crew.players;
      await crew.rest();
      await crew.changeTwice();
      await crew.remove(cat);
      await Promise.all([alice.talk(crew.group, 5), bob.talk(crew.group, 5)]);
      await crew.add(cat.user);
      await Promise.all([alice.talk(crew.group, 5), cat.talk(crew.group, 5)]);
      await cat.reconnect();
      await crew.rest();
    },
  },
  /** Cat goes, leaves something unread behind, and is removed. */
  leaver: {
    async play(cast) {
      const crew = await Crew.gather(cast);
      const [alice, bob, cat] = crew.players;
      await crew.rest();
      await cat.leave();
      await alice.talk(crew.group, 3);
      await crew.remove(cat);
      await crew.of(alice, bob).rest();
    },
  },
  /** Somebody is added who never comes, after Alice has sent what Bob has not got yet. */
  joiner: {
    async play(cast) {
      const crew = await Crew.gather(cast);
      const [alice, bob] = crew.players;
      await crew.rest();
      await bob.leave();
      await alice.talk(crew.group, 3);
      await crew.addStranger();
      await bob.come();
      await crew.of(...crew.players).read();
      await crew.of(alice).ticks();
    },
  },
  /** A change is proposed by somebody who has missed the one before. */
  outdated: {
    topology: "processes",
    async play(cast) {
      const crew = await Crew.gather(cast);
      await crew.changeTwice();
      await crew.proposeOutdated();
      await crew.rest();
    },
  },
} as const satisfies Record<string, Script>;
