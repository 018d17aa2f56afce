import type { Fact } from "../events.js";

/** A value that may only rise, and the line that raised it. */
export interface Mark {
  value: number;
  line: number;
}

/** What one device has of one conversation. */
export class View {
  /** Where the device began. */
  readonly base: Mark = { value: 0, line: 0 };
  /** Everything it may see up to here is shown. */
  readonly through: Mark = { value: 0, line: 0 };
  /** Own messages that are shown beyond a gap. */
  readonly ahead = new Set<number>();
  /** How often the device has refused an entry. */
  readonly nacks = new Map<number, number>();
  /** Entries that are shown as placeholders, and the lines in which they were. */
  readonly placeholders = new Map<number, number>();
  readonly acked: Mark = { value: 0, line: 0 };
  readonly read: Mark = { value: 0, line: 0 };
  /** Told by Receipt. */
  readonly delivered: Mark = { value: 0, line: 0 };
  readonly peerRead: Mark = { value: 0, line: 0 };
  readonly ownRead: Mark = { value: 0, line: 0 };
  /** Own messages for which no tick is claimed, as told last, and the line. */
  except: readonly number[] = [];
  exceptLine = 0;
  /** Shown to the user. */
  readonly tickDelivered: Mark = { value: 0, line: 0 };
  readonly tickRead: Mark = { value: 0, line: 0 };
}

export class Device {
  readonly views = new Map<string, View>();
  online = false;
  onlineSince = 0;
  /** What was acknowledged of the user's conversations at the last dial. */
  heads: ReadonlyMap<string, number> = new Map();
  dialLine = 0;

  constructor(
    readonly name: string,
    readonly user: string,
  ) {}

  view(conversation: string): View {
    let view = this.views.get(conversation);
    if (view === undefined) {
      view = new View();
      this.views.set(conversation, view);
    }
    return view;
  }
}

/** All devices, by name and by user. */
export class Devices {
  readonly #devices = new Map<string, Device>();
  readonly #ofUser = new Map<string, Device[]>();

  add({ device: name, user }: Fact<"device">): void {
    if (this.#devices.has(name)) return;
    const device = new Device(name, user);
    this.#devices.set(name, device);
    const others = this.#ofUser.get(user);
    if (others === undefined) this.#ofUser.set(user, [device]);
    else others.push(device);
  }

  /** Throws when the history never introduced it: then the recording is wrong, not the system. */
  get(name: string): Device {
    const device = this.#devices.get(name);
    if (device === undefined)
      throw new Error(`The history names no device ${name} before using it.`);
    return device;
  }

  of(user: string): readonly Device[] {
    return this.#ofUser.get(user) ?? [];
  }

  all(): Iterable<Device> {
    return this.#devices.values();
  }
}
