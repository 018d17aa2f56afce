import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
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
  /** Waits until a device is up to date: the gateway is ready before the links behind it are. */
  serves(): Promise<void>;
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
  const remove = () => {
    process.off("exit", remove);
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", remove);
  let started: Mesh | undefined;
  try {
    const [scout, ...accounts] = await seedAccounts(directory, options.accounts + 1);
    const env = { ...BENCH_ENV, ...options.env, CHAT_AUTH_DIRECTORY: directory };
    const mesh = await startMesh({ topology, env });
    started = mesh;
    const installation = installationOf(mesh, accounts, {
      scout: scout as LoadAccount,
      stop: () => mesh.stop().finally(remove),
    });
    await installation.serves();
    return installation;
  } catch (error) {
    await started?.stop();
    remove();
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

function installationOf(
  mesh: Mesh,
  accounts: readonly LoadAccount[],
  { scout, stop }: { readonly scout: LoadAccount; readonly stop: () => Promise<void> },
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
  const scouting = new ChatDevice(user(scout), noDeviceCounts(), SCOUT_REPEAT_MS);
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
    async serves() {
      await scouting.connect();
      scouting.close();
    },
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
