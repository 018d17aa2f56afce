import type {
  ConnectionEvent,
  GroupEvent,
  RejectedEvent,
  SentEvent,
  TickEvent,
} from "../../client/events.js";
import { directId, isGroupId } from "../../client/ids.js";
import type { StoredMessage } from "../../client/store.js";
import type { DirectLog } from "./blocks/direct-log.js";
import type { DirectLogs } from "./blocks/direct-logs.js";
import type { Device } from "./device.js";
import { changeText, type GroupLog } from "./groups/group-log.js";
import type { GroupLogs } from "./groups/group-logs.js";

/** A message a user gave to a device. */
export interface Sending {
  readonly device: Device;
  readonly conversation: string;
  readonly text: string;
  readonly atMs: number;
  /** The device's store has it: from now on it must arrive. */
  kept: boolean;
  clientMessageId: string | undefined;
  /** The server will not have it. */
  rejected: boolean;
}

export interface Shown {
  readonly seq: number;
  readonly sender: string;
  readonly clientMessageId: string;
  readonly text: string;
}

/** A message as one device showed it, and when. */
export interface Seen extends Shown {
  readonly atMs: number;
  /** Since when the device was connected. */
  readonly onlineMs: number;
}

/** What one device was told of one conversation. */
export interface View {
  readonly messages: Map<number, Seen>;
  /** Seq of the last message that was announced by an event. */
  announced: number;
  delivered: number;
  read: number;
}

/** All that happened, as the devices saw it, and what is wrong with it at first sight. */
export class History {
  readonly violations: string[] = [];
  readonly sendings: Sending[] = [];
  readonly views = new Map<Device, Map<string, View>>();
  /** When a device had caught up for the first time. */
  readonly firstCaughtUpMs = new Map<Device, number>();
  /** When the server said for the first time that it has a message. */
  readonly acknowledgedMs = new Map<string, number>();
  readonly #onlineMs = new Map<Device, number>();
  readonly #byText = new Map<string, Sending>();
  groups!: GroupLogs;
  directs!: DirectLogs;
  readonly #users = new Set<string>();
  readonly #notes: { readonly atMs: number; readonly text: string }[] = [];

  constructor(readonly nowMs: () => number) {}

  addUser(user: string): void {
    this.#users.add(user);
  }

  /** Those of two that he may be in, and all groups. */
  conversationsOf(device: Device): string[] {
    return [...this.directsOf(device), ...this.groups.all.keys()];
  }

  /** It as the session's disk has it. */
  logOf(conversation: string): GroupLog | DirectLog | undefined {
    return this.groups.of(conversation) ?? this.directs.of(conversation);
  }

  logsOf(device: Device): (GroupLog | DirectLog)[] {
    const ids = this.conversationsOf(device);
    return ids.map((id) => this.logOf(id)).filter((log) => log !== undefined);
  }

  directsOf({ user }: Device): string[] {
    return [...this.#users].filter((peer) => peer !== user).map((peer) => directId(user, peer));
  }

  view(device: Device, conversation: string): View {
    const views = this.views.get(device) ?? new Map<string, View>();
    this.views.set(device, views);
    const view = views.get(conversation) ?? {
      messages: new Map(),
      announced: 0,
      delivered: 0,
      read: 0,
    };
    views.set(conversation, view);
    return view;
  }

  note(text: string): void {
    this.#notes.push({ atMs: this.nowMs(), text });
  }

  trace(): string[] {
    return this.#notes.map(({ atMs, text }) => {
      return `${(atMs / 1000).toFixed(4).padStart(9)} ${text}`;
    });
  }

  wrong(invariant: string, text: string): void {
    this.violations.push(`${invariant}: ${text}`);
    this.note(`VIOLATION ${invariant}: ${text}`);
  }

  sending(device: Device, conversation: string, text: string): Sending {
    const clientMessageId = undefined;
    const sending = {
      device,
      conversation,
      text,
      atMs: this.nowMs(),
      kept: false,
      clientMessageId,
      rejected: false,
    };
    this.sendings.push(sending);
    this.#byText.set(text, sending);
    this.note(`${device.name} sends ${label(text)} in ${conversation}`);
    return sending;
  }

  kept(sending: Sending, clientMessageId: string): void {
    Object.assign(sending, { kept: true, clientMessageId });
  }

  shown(device: Device, message: StoredMessage): void {
    const view = this.view(device, message.conversation);
    this.note(`${device.name} shows ${message.conversation} ${message.seq} ${label(message.text)}`);
    if (message.seq <= view.announced) {
      const what = `${device.name} shows ${message.seq} after ${view.announced}`;
      this.wrong("I4 order", `${what} in ${message.conversation}`);
    }
    view.announced = message.seq;
    this.#see(device, view, message);
  }

  sent(device: Device, message: SentEvent): void {
    this.note(`${device.name} ✓ ${message.conversation} ${message.seq} ${label(message.text)}`);
    const sender = device.user;
    this.#see(device, this.view(device, message.conversation), { ...message, sender });
  }

  /** Found in the device's store at its start: shown now, if it was not before. */
  stored(device: Device, message: StoredMessage): void {
    const view = this.view(device, message.conversation);
    if (!view.messages.has(message.seq)) {
      this.note(`${device.name} finds ${message.conversation} ${message.seq}`);
      this.#see(device, view, message.change ? shownChange(message) : message);
    }
    const own = this.#byText.get(message.text ?? "")?.device === device;
    if (!own) view.announced = Math.max(view.announced, message.seq);
  }

  acknowledged(clientMessageId: string): void {
    if (this.acknowledgedMs.has(clientMessageId)) return;
    this.acknowledgedMs.set(clientMessageId, this.nowMs());
  }

  rejected(device: Device, rejected: RejectedEvent): void {
    const { conversation, reason, text } = rejected;
    const what = `${reason} ${label(text)} in ${conversation}`;
    this.#refused(device, rejected, what);
  }

  tick(device: Device, { conversation, delivered, read }: TickEvent): void {
    const view = this.view(device, conversation);
    this.note(`${device.name} ticks ${conversation} ✓✓ ${delivered} read ${read}`);
    if (delivered < view.delivered || read < view.read || read > delivered) {
      const before = `${view.delivered}/${view.read}`;
      this.wrong("I8 ticks", `${device.name}: ${before} became ${delivered}/${read}`);
    }
    Object.assign(view, { delivered, read });
  }

  caughtUp(device: Device): void {
    this.note(`${device.name} caught up`);
    if (!this.firstCaughtUpMs.has(device)) this.firstCaughtUpMs.set(device, this.nowMs());
  }

  connection(device: Device, event: ConnectionEvent): void {
    if (event.state === "waiting") this.note(`${device.name} waits: ${event.why}`);
    if (event.state === "online") {
      this.note(`${device.name} online`);
      this.#onlineMs.set(device, this.nowMs());
    }
    if (event.state !== "stopped") return;
    if (device.revokedMs !== undefined && event.reason === "logged-out") {
      device.loggedOut = true;
      return this.note(`${device.name} is logged out`);
    }
    this.wrong("I13 outcome", `${device.name} stopped for good: ${event.reason}, ${event.why}`);
  }

  /** Right when he was not in the group, or had no say, for a moment; or when he blocked the other one of two. */
  #refused(device: Device, { conversation, reason, text }: RejectedEvent, what: string): void {
    this.note(`${device.name} is refused: ${what}`);
    const sending = this.#byText.get(text);
    if (!sending) return;
    const { user } = device;
    const during = [user, sending.atMs, this.nowMs()] as const;
    const right = isGroupId(conversation)
      ? REFUSALS.has(reason) && this.groups.of(conversation)?.wasSilent(...during)
      : reason === "BLOCKED" && this.directs.of(conversation)?.wasBlocking(...during);
    if (!right) this.wrong("I13 outcome", `${device.name}: a good message was rejected: ${what}`);
    sending.rejected = true;
  }

  #see(device: Device, view: View, message: Omit<StoredMessage, "atUnixMs">): void {
    const { seq, sender, clientMessageId, text = "", conversation } = message;
    const before = view.messages.get(seq);
    if (before) {
      const what = `${device.name}: ${conversation} ${seq} ${label(before.text)} and ${label(text)}`;
      this.wrong("I3 twice", what);
    }
    const onlineMs = this.#onlineMs.get(device) ?? 0;
    view.messages.set(seq, { seq, sender, clientMessageId, text, atMs: this.nowMs(), onlineMs });
    const logged = this.groups.of(conversation)?.entries[seq - 1];
    if (logged?.version && logged.id === clientMessageId && logged.text === text) return;
    const sending = this.#byText.get(text);
    if (sending?.conversation === conversation && sending.device.user === sender) return;
    this.wrong("I2 content", `${device.name}: nobody sent ${conversation} ${seq} ${label(text)}`);
  }
}

/** Why a message to a group may be refused. */
const REFUSALS: ReadonlySet<string> = new Set(["NOT_FOUND", "NOT_ALLOWED", "NOT_A_MEMBER"]);

/** A message without what is only known of some. */
export function shownOf({ seq, sender, clientMessageId, text, change }: StoredMessage): Shown {
  return { seq, sender, clientMessageId, text: change ? changeText(change) : (text ?? "") };
}

/** A change of a group as what a device shows. */
export function shownChange(from: GroupEvent | StoredMessage): StoredMessage {
  const clientMessageId = "requestId" in from ? from.requestId : from.clientMessageId;
  const { conversation, seq, sender, atUnixMs, change } = from;
  const text = change && changeText(change);
  return { conversation, seq, sender, atUnixMs, clientMessageId, text };
}

function label(text = ""): string {
  return text.trimEnd().split(" ")[0] ?? "";
}
