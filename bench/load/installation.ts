import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directId } from "../../lib/ids.js";
import { type Mesh, startMesh, type Topology } from "../../test/mesh.js";
import { processCpuUs } from "../rig/cpu.js";
import { type LoadAccount, seedAccounts } from "./accounts.js";
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
    const accounts = await seedAccounts(directory, options.accounts);
    const env = { ...BENCH_ENV, ...options.env, CHAT_AUTH_DIRECTORY: directory };
    const mesh = await startMesh({ topology, env });
    return installationOf(mesh, accounts, async () => {
      await mesh.stop().finally(remove);
    });
  } catch (error) {
    await remove();
    throw error;
  }
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
  let paired = 0;
  return {
    name: mesh.topology === "all" ? "chatmesh, one process" : "chatmesh, mesh",
    mesh,
    accounts,
    get processes() {
      return processes();
    },
    user,
    cpu: () => new Map([...processes()].map(([name, pid]) => [name, processCpuUs(pid)])),
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
