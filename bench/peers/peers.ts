import { floorSubject, type Subject } from "../load/subject.js";
import { type PairsBenchSize, pairsBench, pairsBenchSizes } from "../pairs.js";
import type { Report, Row } from "../rig/report.js";
import { ejabberdSubject } from "./ejabberd.js";
import { type IdleBytes, type IdleSize, idleBytes } from "./idle.js";
import type { Peer, Skipped } from "./peer.js";
import { prosodySubject } from "./prosody.js";

/** How much is sent, and how many devices do nothing. */
export interface PeersBenchSize {
  readonly pairs: PairsBenchSize;
  readonly pairs200: PairsBenchSize;
  readonly idle: IdleSize;
}

/** The floor outruns the generator, the peers must not: see `refuseBusyGenerator`. */
const full = { ...pairsBenchSizes.full, generatorCoresMax: 2 };

export const peersBenchSizes = {
  full: {
    pairs: full,
    pairs200: { ...full, pairs: 200, inFlight: 1 },
    idle: { devices: [500, 1000, 2000, 5000], settleMs: 10_000 },
  },
  smoke: {
    pairs: pairsBenchSizes.smoke,
    pairs200: { ...pairsBenchSizes.smoke, pairs: 4, inFlight: 1 },
    idle: { devices: [5, 10], settleMs: 1 },
  },
} as const satisfies Record<string, PeersBenchSize>;

const GENERATOR_CORES_MAX = pairsBenchSizes.full.generatorCoresMax;

type Start = () => Promise<Peer | Skipped>;

const PEERS: Readonly<Record<string, Start>> = {
  ejabberd: ejabberdSubject,
  prosody: prosodySubject,
};

/** What do other servers take for the same? Undefined when none of them is installed. */
export async function peersBench(
  size: PeersBenchSize,
  say: (line: string) => void,
): Promise<Report | undefined> {
  const installed = await installedPeers(say);
  if (installed.length === 0) return undefined;
  const rows: Row[] = [];
  for (const question of ["pairs", "pairs200"] as const) {
    const report = await pairsBench(size[question], [
      ["floor", () => floorSubject("uws")],
      ...installed.map(([name, start]) => [name, () => started(start)] as const),
    ]);
    rows.push(...report.rows.map((row) => ({ ...row, variant: `${row.variant}.${question}` })));
  }
  refuseBusyGenerator(rows);
  const derived = overFloor(rows);
  for (const [name, start] of installed) {
    const peer = await started(start);
    try {
      Object.assign(derived, idleFigures(name, await idleBytes(peer, size.idle)));
    } finally {
      await peer.stop();
    }
  }
  return {
    bench: "peer",
    question: "what do ejabberd and Prosody take for the same?",
    method: methodOf(size, installed.map(([name]) => name).join(" and ")),
    rows,
    derived,
  };
}

/** Those that start here; says aloud which do not, and why. */
async function installedPeers(say: (line: string) => void): Promise<(readonly [string, Start])[]> {
  const installed: (readonly [string, Start])[] = [];
  for (const [name, start] of Object.entries(PEERS)) {
    const peer = await start();
    if ("skipped" in peer) {
      say(`SKIPPED ${name}: ${peer.skipped}`);
      continue;
    }
    await peer.stop();
    installed.push([name, start]);
  }
  return installed;
}

async function started(start: Start): Promise<Subject & Peer> {
  const peer = await start();
  if ("skipped" in peer) throw new Error(peer.skipped);
  return peer;
}

/** A peer's row is no good when the generator may have been the limit. */
export function refuseBusyGenerator(rows: readonly Row[]): void {
  for (const { variant, figures } of rows) {
    const cores = figures.generator_cores?.max ?? 0;
    if (!variant.startsWith("floor.") && cores > GENERATOR_CORES_MAX) {
      throw new Error(`${variant}: the generator used ${cores} of a core`);
    }
  }
}

function overFloor(rows: readonly Row[]): Record<string, number> {
  const derived: Record<string, number> = {};
  const cpu = (variant: string) =>
    rows.find((row) => row.variant === variant)?.figures.cpu_us_per_message?.median ?? Number.NaN;
  for (const { variant } of rows) {
    const [name, question] = variant.split(".");
    if (name === "floor") continue;
    derived[`${variant}.over_floor`] = cpu(variant) / cpu(`floor.${question}`);
  }
  return derived;
}

function idleFigures(name: string, { user, kernel }: IdleBytes): Record<string, number> {
  return {
    [`${name}.idle.bytes_per_device`]: user + kernel,
    [`${name}.idle.user_bytes_per_device`]: user,
  };
}

function methodOf({ pairs, pairs200, idle }: PeersBenchSize, names: string): string {
  return (
    `${names} from their Debian packages, on loopback without TLS, messages in memory; settings ` +
    "and what they do more and less are in NOTES.md. pairs: " +
    `${pairs.pairs} pairs with ${pairs.inFlight} messages under way each · pairs200: ` +
    `${pairs200.pairs} with ${pairs200.inFlight}; every message acknowledged by the server ` +
    "(XEP-0198), received (XEP-0184) and displayed (XEP-0333), checked one by one. floor: the relay " +
    "on uWebSockets.js with the frames of chatmesh, in turn with the peers; it is faster than one " +
    "generator, so that its messages_per_s is a lower bound. frames_per_message " +
    "counts top-level elements to clients. idle: resident memory and socket buffers of the server, " +
    `a line fitted through ${idle.devices.join(", ")} devices that are online and do nothing, ` +
    `${idle.settleMs / 1000} s after the last came.`
  );
}
