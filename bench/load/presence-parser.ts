import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientFrame } from "../../gen/chat/client/v1/frames.js";
import { Origin } from "../../gen/chat/parser/v1/parser.js";
import { PresenceFrame } from "../../gen/chat/presence/v1/presence.js";
import { systemClock } from "../../lib/clock.js";
import { linkContract } from "../../lib/contract.js";
import { newId } from "../../lib/ids.js";
import { limits } from "../../lib/limits.js";
import type { Dialer, Link, LinkHandler } from "../../lib/link/link.js";
import { silentLogger } from "../../lib/log.js";
import { createNetwork } from "../../lib/rpc/create-network.js";
import type { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";
import { MeshProcess } from "../../test/process.js";
import { until } from "../../test/until.js";
import { processCpuUs } from "../rig/cpu.js";
import { residentBytes } from "../rig/memory.js";

/** Arms of ActivityFrame, and the class of all but control. */
const COMMAND = 2;
const ACTIVE = 3;
const P4 = 4;
const TURN_FRAMES = 64;
const ASKED_MAX = limits.linkWindowFrames[P4] / 8;

/** Seen from dist/. */
const COLLECTOR = new URL("./collect-garbage.js", import.meta.url).href;

type Kind = NonNullable<ClientFrame["kind"]>;

/** Whom the bench watches to see whether presence shows anybody: not before auth has told it who hides. */
const PROBE = "us_0000000000probe0";
const PROBE_CONNECTION = 2 ** 40;

/** A presence process beside one of auth, and a parser's end of a link to it, in the hands of a bench. */
export class PresenceParser implements LinkHandler {
  /** Connections that were told something so far, over all events. */
  told = 0;
  #link: Link | undefined;
  #dialer: Dialer | undefined;
  #request = 0;
  #answered = 0;
  #shows = false;

  private constructor(
    readonly directory: string,
    readonly process: MeshProcess,
    readonly auth: MeshProcess,
  ) {}

  static async start(): Promise<PresenceParser> {
    const directory = await mkdtemp(join(tmpdir(), "cm-presence-"));
    const settings = {
      CHAT_APP_DATA_DIRECTORY: directory,
      CHAT_APP_LOG_LEVEL: "warn",
      NODE_OPTIONS: `--import=${COLLECTOR}`,
    };
    const processes = ["presence", "auth"].map((name) => new MeshProcess(name, settings));
    const [presence, auth] = processes as [MeshProcess, MeshProcess];
    const one = new PresenceParser(directory, presence, auth);
    await Promise.all([auth.start(), presence.start()]);
    const self = { instance: "parser-1", boot: newId("bt"), clock: systemClock, log: silentLogger };
    const address = `unix:${join(directory, "run", "presence.sock")}`;
    const contract = linkContract("chat.presence.v1.Presences");
    one.#dialer = createNetwork(self).dial(address, contract, one);
    await until("the link to presence", () => one.#link !== undefined);
    await until("presence to show somebody", () => one.#probe());
    return one;
  }

  /** Whether watchers are told that somebody comes online. */
  async #probe(): Promise<boolean> {
    await this.watch(PROBE, PROBE_CONNECTION, PROBE);
    await this.says(PROBE, PROBE_CONNECTION, { $case: "foreground", value: { automatic: true } });
    await this.active([PROBE]);
    await this.answered();
    return this.#shows;
  }

  get pid(): number {
    return this.process.pid as number;
  }

  up(link: Link): void {
    this.#link = link;
  }

  down(): void {
    this.#link = undefined;
  }

  frame(_link: Link, _kind: number, body: WireReader): void {
    const { kind } = PresenceFrame.decode(wrapped(body.buf.subarray(body.pos, body.end)));
    if (kind?.$case !== "event") throw new Error("presence said something else");
    const { targets, frame } = kind.value;
    if (frame?.kind?.$case !== "presence") throw new Error(`presence said ${frame?.kind?.$case}`);
    const { request, user, online } = frame.kind.value;
    if (user === PROBE && online) this.#shows = true;
    if (request > 0) this.#answered++;
    else if (user === PROBE) return;
    else for (const { connections } of targets) this.told += connections.length;
  }

  /** Reports users as active, as fast as presence takes them. */
  async active(users: readonly string[]): Promise<void> {
    for (let at = 0; at < users.length; ) {
      for (let i = 0; i < TURN_FRAMES && at < users.length && this.#live.hasRoom(P4); i++) {
        const end = Math.min(users.length, at + limits.activeUsersPerFrame);
        const writer = this.#live.begin(ACTIVE, (end - at) * 21);
        if (writer === undefined) break;
        for (; at < end; at++) writer.ascii(1, users[at] as string);
        this.#live.end();
      }
      await turn();
    }
  }

  /** A device of the user says this over the connection. */
  async says(user: string, connection: number, kind: Kind): Promise<void> {
    while (!this.#live.hasRoom(P4)) await turn();
    const device = `dv_${connection.toString(36).padStart(16, "0")}`;
    const writer = this.#live.begin(COMMAND, 128);
    if (writer === undefined) throw new Error("no room after all");
    writer.ascii(1, "gw_bench");
    writer.bytes(2, Origin.encode({ connection, user, device, codec: 1 }).finish());
    writer.bytes(3, ClientFrame.encode({ kind }).finish(), 0, undefined, true);
    this.#live.end();
  }

  /** Not more at a time than the link takes answers to: what it has no room for is dropped, and asked again by clients. */
  async watch(viewer: string, connection: number, user: string): Promise<void> {
    while (this.#request - this.#answered >= ASKED_MAX) await turn();
    return this.says(viewer, connection, {
      $case: "watch",
      value: { request: ++this.#request, user },
    });
  }

  /** Resolves when all watches have been answered, and so all that was said before them was heard. */
  async answered(): Promise<void> {
    await until("presence to answer", () => this.#answered === this.#request, 120_000);
  }

  cpuUs(): number {
    return processCpuUs(this.pid);
  }

  /** Its resident memory when all garbage has been collected. */
  async residentBytes(): Promise<number> {
    this.process.signal("SIGUSR2");
    await this.quiet();
    return residentBytes([this.pid]);
  }

  /** Waits until it does nothing any more: what it took in is stored. */
  async quiet(): Promise<void> {
    for (let before = this.cpuUs(), idle = 0; idle < 2; ) {
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const now = this.cpuUs();
      idle = now - before <= QUIET_US ? idle + 1 : 0;
      before = now;
    }
  }

  async stop(): Promise<void> {
    this.#dialer?.close();
    try {
      await this.process.stop();
      await this.auth.stop();
    } finally {
      await rm(this.directory, { recursive: true, force: true });
    }
  }

  get #live(): Link {
    if (this.#link === undefined) throw new Error("the link to presence broke");
    return this.#link;
  }
}

const QUIET_US = 30_000;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The body of an event as the frame it came in. */
function wrapped(body: Uint8Array): Uint8Array {
  const writer = new WireWriter(body.length + 8);
  writer.bytes(2, body, 0, body.length, true);
  return writer.view();
}
