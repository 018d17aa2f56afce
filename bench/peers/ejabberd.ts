import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/free-port.js";
import type { Skipped } from "../load/subject.js";
import { type Peer, programPath, startPeer } from "./peer.js";

/**
 * ejabberd as its package starts it, but for loopback, no TLS, no shapers and no limits on
 * registrations: stream management with resumption, messages in memory only. Modules that cost
 * something per message and that the comparison does not need (archive, carbons, push) are off, and
 * Erlang's schedulers do not spin while they wait: on cores that they share, spinning slows all.
 */
export async function ejabberdSubject(): Promise<Peer | Skipped> {
  const [erl, ejabberd] = [programPath("erl"), programPath("ejabberdctl")];
  if (!erl || !ejabberd) return { skipped: "ejabberd is not installed: see make bench-peers" };
  return startPeer({
    name: "ejabberd",
    process: "beam.smp",
    command: erl,
    async prepare({ directory, port }) {
      const config = join(directory, "ejabberd.yml");
      writeFileSync(config, configOf(port));
      return { args: await argumentsOf(directory), env: environmentOf(directory, config) };
    },
  });
}

/** A node of its own name and cookie that needs no epmd, so that it is one process tree. */
async function argumentsOf(directory: string): Promise<string[]> {
  return [
    ...["-noinput", "-name", `bench-${process.pid}@127.0.0.1`, "-setcookie", randomUUID()],
    ...["-start_epmd", "false", "-erl_epmd_port", String(await freePort())],
    ...["-kernel", "inet_dist_use_interface", "{127,0,0,1}"],
    ...["+K", "true", "+P", "250000"],
    ...["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"],
    ...["-mnesia", "dir", `"${join(directory, "spool")}"`],
    ...["-ejabberd", "quiet", "true"],
    ...["-s", "ejabberd"],
  ];
}

function environmentOf(directory: string, config: string): Record<string, string> {
  return {
    EJABBERD_CONFIG_PATH: config,
    EJABBERD_LOG_PATH: join(directory, "ejabberd.log"),
    EJABBERD_PID_PATH: join(directory, "ejabberd.pid"),
    ERL_CRASH_DUMP_BYTES: "0",
    ERL_LIBS: "/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu",
    ERL_MAX_PORTS: "65536",
    ERL_MAX_ETS_TABLES: "1400",
  };
}

function configOf(port: number): string {
  return `hosts: [localhost]
loglevel: error
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    backlog: 1024
    max_stanza_size: 262144
    shaper: none
    access: all
    starttls: false
modules:
  mod_disco: {}
  mod_muc:
    access_create: all
    max_users: 1100
    history_size: 0
    default_room_options:
      max_users: 1100
      logging: false
      mam: false
  mod_offline: {}
  mod_register:
    access: all
    ip_access: all
    password_strength: 0
  mod_roster: {}
  mod_stream_mgmt:
    resend_on_timeout: if_offline
`;
}
