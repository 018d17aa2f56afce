import { CloseCode } from "../gen/chat/client/v1/frames.js";
import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Gateways } from "./gateways.js";
import { type Connection, type Gateway, HomeDevice, HomeUser } from "./home-user.js";
import { closeConnection } from "./outgoing.js";

/** A connection as the gateway describes it. */
export interface Described {
  readonly id: number;
  readonly user: string;
  readonly device: string;
  readonly codec: number;
  readonly connect: number;
}

export interface HomeDeps {
  readonly clock: Clock;
  readonly gateways: Gateways;
  /** The device has another connection, or the one it has is to be brought up to date again. */
  readonly attached: (device: HomeDevice) => void;
  /** Whether the user has switched his read receipts off. */
  readonly hidesReads: (user: string) => boolean;
}

/** Who is connected where. The gateways' rosters are the truth; attach and detach only save time. */
export class Home {
  readonly users = new Map<string, HomeUser>();

  constructor(readonly deps: HomeDeps) {}

  user(id: string): HomeUser {
    let user = this.users.get(id);
    if (user === undefined) {
      user = new HomeUser(id);
      user.hidesReads = this.deps.hidesReads(id);
      this.users.set(id, user);
    }
    return user;
  }

  device(userId: string, id: string): HomeDevice {
    const user = this.user(userId);
    let device = user.device(id);
    if (device === undefined) {
      device = new HomeDevice(user, id);
      user.devices.push(device);
    }
    return device;
  }

  /** Where a command came from: the known connection, or one that is good for an answer only. */
  origin(gateway: Gateway, described: Described): Connection {
    const known = gateway.connections.get(described.id);
    if (known !== undefined && known.device.id === described.device) return known;
    return connectionOf(gateway, this.device(described.user, described.device), described);
  }

  /** The same origin after a wait: its device may have come, gone or been forgotten meanwhile. */
  current(origin: Connection): Connection {
    const { gateway, id, codec, connect, device } = origin;
    const described = { id, user: device.user.id, device: device.id, codec, connect };
    return this.origin(gateway, described);
  }

  /** Does something for an origin after a wait, and keeps nothing of one that has no connection. */
  visit(origin: Connection, run: (now: Connection) => void): void {
    const now = this.current(origin);
    run(now);
    if (now.device.connection === undefined) this.tidy(now.device);
  }

  attach(gateway: Gateway, described: Described, fromRoster: boolean): void {
    const known = gateway.connections.get(described.id);
    if (known !== undefined) return this.#again(known, fromRoster);
    const device = this.device(described.user, described.device);
    const fresh = connectionOf(gateway, device, described);
    const current = device.connection;
    if (current !== undefined) {
      const newer =
        fresh.connect > current.connect || (fresh.connect === current.connect && !fromRoster);
      if (!newer) return supersede(fresh);
      supersede(current);
      current.gateway.connections.delete(current.id);
    }
    gateway.connections.set(fresh.id, fresh);
    device.connection = fresh;
    this.deps.attached(device);
  }

  /** A connection that is known is named again: news only if it reads again, or pushes may have been lost. */
  #again(known: Connection, fromRoster: boolean): void {
    if (fromRoster && !known.doubted) return;
    if (!fromRoster) known.stalled = false;
    known.doubted = false;
    if (known.device.connection === known) this.deps.attached(known.device);
  }

  detach(gateway: Gateway, id: number): void {
    const known = gateway.connections.get(id);
    if (known === undefined) return;
    gateway.connections.delete(id);
    const { device } = known;
    if (device.connection === known) {
      device.connection = undefined;
      device.resume = undefined;
    }
    this.tidy(device);
  }

  stalled(gateway: Gateway, id: number): void {
    const known = gateway.connections.get(id);
    if (known !== undefined) known.stalled = true;
  }

  /** A chunk of a gateway's roster: speaks for the ids from `first` to `last`. */
  roster(gateway: Gateway, first: number, last: number, listed: readonly Described[]): void {
    gateway.heardMs = this.deps.clock.nowMs();
    const ids = new Set<number>();
    for (const described of listed) {
      ids.add(described.id);
      this.attach(gateway, described, true);
    }
    for (const id of gateway.connections.keys()) {
      if (id >= first && id <= last && !ids.has(id)) this.detach(gateway, id);
    }
  }

  /** Forgets gateways that were not heard of for long. */
  expire(): void {
    const oldest = this.deps.clock.nowMs() - limits.gatewayGoneMs;
    for (const gateway of this.deps.gateways.all.values()) {
      if (gateway.heardMs > oldest) continue;
      for (const id of [...gateway.connections.keys()]) this.detach(gateway, id);
      this.deps.gateways.all.delete(gateway.id);
    }
  }

  /** Drops what nothing points to any more. */
  tidy(device: HomeDevice): void {
    const { user } = device;
    if (device.connection === undefined && device.feeds.size === 0) {
      const index = user.devices.indexOf(device);
      if (index >= 0) user.devices.splice(index, 1);
    }
    this.tidyUser(user);
  }

  tidyUser(user: HomeUser): void {
    if (user.devices.length > 0 || user.references > 0) return;
    // Another object may have taken the place of one that was forgotten.
    if (this.users.get(user.id) === user) this.users.delete(user.id);
  }
}

function connectionOf(gateway: Gateway, device: HomeDevice, described: Described): Connection {
  const { id, codec, connect } = described;
  return {
    gateway,
    id,
    codec,
    connect,
    device,
    stalled: false,
    doubted: false,
    origin: undefined,
    target: undefined,
    recent: undefined,
  };
}

function supersede(connection: Connection): void {
  closeConnection(connection, CloseCode.SUPERSEDED, "a newer connection of this device took over");
}
