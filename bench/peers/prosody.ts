import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Skipped } from "../load/subject.js";
import { type Peer, programPath, startPeer } from "./peer.js";

/**
 * Prosody (one process, epoll) on loopback, no TLS, no rate limits and plain passwords: stream
 * management with resumption, messages in memory only. Two settings that are not its defaults make
 * it faster: no Nagle algorithm, and Lua's generational garbage collection.
 */
export async function prosodySubject(): Promise<Peer | Skipped> {
  const prosody = programPath("prosody");
  if (!prosody) return { skipped: "prosody is not installed: see make bench-peers" };
  if (!hasStreamManagement(prosody)) return { skipped: "this prosody comes without mod_smacks" };
  return startPeer({
    name: "prosody",
    process: "prosody",
    command: prosody,
    async prepare({ directory, port }) {
      const config = join(directory, "prosody.cfg.lua");
      mkdirSync(join(directory, "data"));
      writeFileSync(config, configOf(directory, port));
      return { args: ["-F", "--config", config], env: {} };
    },
  });
}

/** The module is part of Prosody since 0.12; the start script names the directory of the sources. */
function hasStreamManagement(prosody: string): boolean {
  const named = /CFG_SOURCEDIR\s*=\s*["']([^"']+)["']/.exec(readFileSync(prosody, "utf8"))?.[1];
  const sources = named ?? join(dirname(dirname(prosody)), "lib", "prosody");
  return existsSync(join(sources, "modules", "mod_smacks.lua"));
}

function configOf(directory: string, port: number): string {
  return `run_as_root = true
daemonize = false
pidfile = "${directory}/prosody.pid"
data_path = "${directory}/data"
log = { error = "${directory}/prosody.log" }
interfaces = { "127.0.0.1" }
c2s_interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
c2s_direct_tls_ports = {}
modules_disabled = { "s2s", "tls" }
modules_enabled = {
  "disco", "offline", "presence", "message", "iq", "register_ibr", "roster", "saslauth", "smacks",
}
authentication = "internal_plain"
storage = "internal"
allow_registration = true
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
s2s_require_encryption = false
network_settings = { nagle = false }
gc = { mode = "generational" }
VirtualHost "localhost"
`;
}
