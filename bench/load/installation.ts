import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { directId } from "../../lib/ids.js";
import { type Mesh, startMesh, type Topology } from "../../test/mesh.js";
import { until } from "../../test/until.js";
import { processCpuUs } from "../rig/cpu.js";
import { type LoadAccount, seedAccounts } from "./accounts.js";
import { ChatDevice, noDeviceCounts } from "./chat-device.js";
import { ChatPair, type LoadUser } from "./chat-pair.js";
import { BENCH_ENV, content, type Subject } from "./subject.js";

/** The product with many users that nobody had to register one by one. */
export interface Installation extends Subject {
  readonly mesh: Mesh;
  readonly accounts: readonly LoadAccount[];
  /** How the user of an account connects; without the count of his connections. */
  user(account: LoadAccount): LoadUser;
  /** CPU µs of each process so far; of a restarted one from its start. */
  cpu(): Map<string, number>;
  /** Waits until its processes have nothing to do any more. */
  quiet(): Promise<void>;
}

export interface InstallationOptions {
  readonly topology: Topology;
  readonly accounts: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts chatmesh on a store of accounts that was written before. */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const { topology } = options;
  const directory = await mkdtemp(join(tmpdir(), "cm-accounts-"));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const [scout, ...accounts] = await seedAccounts(directory, options.accounts + 1);
    const env = { ...BENCH_ENV, ...options.env, CHAT_AUTH_DIRECTORY: directory };
    const mesh = await startMesh({ topology, env });
    const installation = installationOf(mesh, accounts, async () => {
      await mesh.stop().finally(remove);
    });
    if (scout) await isServed(installation.user(scout));
    return installation;
  } catch (error) {
    await remove();
    throw error;
  }
}

const SCOUT_REPEAT_MS = 100;
const QUIET_ASK_MS = 1_000;
/** CPU of all processes in that time that counts as nothing: timers, and the ticks of /proc. */
const QUIET_CPU_US = 60_000;
const QUIET_GIVE_UP_MS = 120_000;

async function becomesQuiet(cpu: () => ReadonlyMap<string, number>): Promise<void> {
  const total = () => [...cpu().values()].reduce((sum, us) => sum + us, 0);
  let before = total();
  const used = async () => {
    await after(QUIET_ASK_MS);
    const now = total();
    const spent = now - before;
    before = now;
    return spent;
  };
  await until("the mesh to be quiet", async () => (await used()) <= QUIET_CPU_US, QUIET_GIVE_UP_MS);
}

/** The gateway is ready before the links behind it are: one device sees whether the whole mesh serves. */
async function isServed(user: LoadUser): Promise<void> {
  const scout = new ChatDevice(user, noDeviceCounts(), SCOUT_REPEAT_MS);
  await scout.connect();
  scout.close();
}

function installationOf(
  mesh: Mesh,
  accounts: readonly LoadAccount[],
  stop: () => Promise<void>,
): Installation {
  const processes = () =>
    new Map(
      mesh.services.map((name): [string, number] => {
        return [mesh.topology === "all" ? "all" : name, mesh.pid(name) as number];
      }),
    );
  const user = ({ accessToken }: LoadAccount): LoadUser => ({
    url: mesh.webSocketUrl,
    headers: {
      "sec-websocket-protocol": "chat.v1.proto",
      authorization: `Bearer ${accessToken}`,
    },
  });
  const cpu = () => new Map([...processes()].map(([name, pid]) => [name, processCpuUs(pid)]));
  let paired = 0;
  return {
    name: mesh.topology === "all" ? "chatmesh, one process" : "chatmesh, mesh",
    mesh,
    accounts,
    get processes() {
      return processes();
    },
    user,
    cpu,
    quiet: () => becomesQuiet(cpu),
    async pair() {
      const [a, b] = [accounts.at(--paired), accounts.at(--paired)];
      if (!a || !b) throw new Error("every account has a device already");
      const connect = (account: LoadAccount) => {
        const { url, headers } = user(account);
        return { url: `${url}?connect=1`, headers };
      };
      return new ChatPair([connect(a), connect(b)], directId(a.user, b.user), content);
    },
    stop,
  };
}
