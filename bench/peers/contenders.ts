import type { Contender } from "../load/contenders.js";
import type { Skipped } from "../load/subject.js";
import { ejabberdSubject } from "./ejabberd.js";
import type { Peer } from "./peer.js";
import { prosodySubject } from "./prosody.js";

/** How each peer is started, if it is installed. */
export const peers: Readonly<Record<string, () => Promise<Peer | Skipped>>> = {
  ejabberd: ejabberdSubject,
  prosody: prosodySubject,
};

/** The peers, to be measured in turn with the others. */
export const peerContenders: readonly Contender[] = Object.entries(peers).map(([name, start]) => ({
  name,
  kind: "peer",
  start,
}));

/** What the names of all peers' figures on one question begin with. */
export function peerPrefixes(question: string): readonly string[] {
  return Object.keys(peers).map((name) => `peer.${name}.${question}.`);
}
