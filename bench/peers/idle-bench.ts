import type { Report, Row } from "../rig/report.js";
import type { Say } from "../rig/rounds.js";
import { spreadOf } from "../rig/stats.js";
import { peerPrefixes, peers } from "./contenders.js";
import { type IdleSize, idleBytes } from "./idle.js";

export const peerIdleBenchSizes = {
  full: { devices: [500, 1000, 2000, 5000], settleMs: 10_000 },
  smoke: { devices: [5, 10], settleMs: 1 },
} as const satisfies Record<string, IdleSize>;

/** What does one more idle device cost a peer? Undefined when none of them is installed. */
export async function peerIdleBench(size: IdleSize, say: Say): Promise<Report | undefined> {
  const rows: Row[] = [];
  for (const [name, start] of Object.entries(peers)) {
    say(name);
    const peer = await start();
    if ("skipped" in peer) {
      say(`SKIPPED ${name}: ${peer.skipped}`);
      continue;
    }
    try {
      const { user, kernel } = await idleBytes(peer, size);
      rows.push({
        variant: name,
        prefix: `peer.${name}.idle.`,
        figures: {
          bytes_per_device: spreadOf([user + kernel]),
          user_bytes_per_device: spreadOf([user]),
        },
      });
    } finally {
      await peer.stop();
    }
  }
  return rows.length === 0 ? undefined : reportOf(rows, size);
}

function reportOf(rows: readonly Row[], { devices, settleMs }: IdleSize): Report {
  return {
    bench: "peer-idle",
    question: "what does an idle device cost ejabberd and Prosody?",
    method:
      "Resident memory (user) and socket buffers of the server, a line fitted through " +
      `${devices.join(", ")} devices that are online and do nothing, ${settleMs / 1000} s after the ` +
      "last came. Settings and what is not the same are in NOTES.md.",
    rows,
    derived: {},
    prefixes: peerPrefixes("idle"),
  };
}
