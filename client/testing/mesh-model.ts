import type { Entry } from "../../gen/chat/client/v1/messages.js";
import type { ServerFrameKind } from "../codec.js";
import type { FrameKind } from "../effects.js";
import { peerOf } from "../ids.js";
import { LogModel } from "./log-model.js";

const WINDOW = 64;

interface DeviceModel {
  user: string;
  device: string;
  cursors: Map<string, number>;
  /** Undefined while it is not connected. */
  push: ((frame: ServerFrameKind) => void) | undefined;
  basesAcked: boolean;
}

/** The whole server in memory: logs, device cursors, ticks, 1:1 only. It loses nothing by itself. */
export class MeshModel {
  readonly logs = new Map<string, LogModel>();
  readonly devices = new Map<string, DeviceModel>();
  readonly reads = new Map<string, number>();
  /** Every frame the server found faulty for a correct client. */
  readonly faults: string[] = [];

  constructor(
    private readonly hiddenSender = "",
    private readonly userExists: (user: string) => boolean = () => true,
  ) {}

  log(conversation: string): LogModel {
    const log = this.logs.get(conversation) ?? new LogModel(conversation, this.hiddenSender);
    this.logs.set(conversation, log);
    return log;
  }

  /** A device as it is after registering: it starts at the heads. */
  addDevice(user: string, device: string): void {
    const cursors = new Map([...this.logs.values()].map((log) => [log.conversation, log.head]));
    const push = undefined;
    this.devices.set(device, { user, device, cursors, push, basesAcked: false });
  }

  connect(device: string, push: (frame: ServerFrameKind) => void): void {
    this.device(device).push = push;
  }

  disconnect(device: string): void {
    this.device(device).push = undefined;
  }

  /** An entry that did not come through a client under test. */
  post(conversation: string, sender: string, clientMessageId: string, text: string): void {
    this.fanOut(conversation, this.log(conversation).append(sender, clientMessageId, text), "");
  }

  /** What the owner does on its timer: delivers the newest entry again where it is not acknowledged. */
  probe(): void {
    for (const device of this.devices.values()) {
      for (const log of this.logs.values()) {
        const behind = this.cursor(device, log) < log.head;
        if (isMember(log, device) && behind) this.deliverFrom(device, log, log.head - 1, 1);
      }
    }
  }

  receive(id: string, frame: FrameKind): void {
    const device = this.device(id);
    switch (frame.$case) {
      case "ping":
        device.push?.({ $case: "pong", value: frame.value });
        return;
      case "send":
        this.send(device, frame.value);
        return;
      case "ack":
        this.ack(device, frame.value.conversation, frame.value.seq);
        return;
      case "read":
        this.read(device, frame.value.conversation, frame.value.seq);
        return;
      case "resync": {
        const log = this.log(frame.value.conversation);
        this.deliverFrom(device, log, frame.value.last, WINDOW);
        return;
      }
      case "resume":
        this.resume(device, frame.value.token);
        return;
      case "ackBases":
        device.basesAcked = true;
        return;
      case "pullReceipts":
        for (const one of frame.value.conversations) this.receipt(device, one);
        return;
      default:
        this.question(device, frame);
    }
  }

  private send(device: DeviceModel, send: Extract<FrameKind, { $case: "send" }>["value"]): void {
    const { conversation, clientMessageId, number } = send;
    const peer = peerOf(conversation, device.user);
    if (peer === undefined || !this.userExists(peer)) {
      const value = { conversation, clientMessageId, number, reason: 3, free: true };
      device.push?.({ $case: "rejected", value });
      return;
    }
    const log = this.log(conversation);
    if (send.acked > 0) this.ack(device, conversation, send.acked);
    if (number - log.lastNumber(device.device) > 16) this.faults.push("more than 16 in flight");
    const { frame, entry } = log.send(device.device, device.user, send);
    if (frame?.$case === "conflict") this.faults.push(`conflict on number ${number}`);
    if (frame !== undefined) device.push?.(frame);
    if (entry !== undefined) this.fanOut(conversation, entry, device.device);
  }

  private fanOut(conversation: string, entry: Entry, exceptDevice: string): void {
    const log = this.log(conversation);
    if (!log.visible(entry)) return;
    const after = log.before(entry.seq);
    for (const device of this.devices.values()) {
      if (device.device === exceptDevice || !isMember(log, device)) continue;
      device.push?.({ $case: "deliver", value: { conversation, after, entry } });
    }
  }

  private deliverFrom(device: DeviceModel, log: LogModel, last: number, limit: number): void {
    const rest = log.entries.slice(last).filter((entry) => log.visible(entry));
    for (const entry of rest.slice(0, limit)) {
      const value = { conversation: log.conversation, after: log.before(entry.seq), entry };
      device.push?.({ $case: "deliver", value });
    }
  }

  private ack(device: DeviceModel, conversation: string, seq: number): void {
    const log = this.log(conversation);
    if (seq > log.head) {
      this.faults.push(`ack ${seq} above the head ${log.head}`);
      return;
    }
    if (seq <= this.cursor(device, log)) return;
    device.cursors.set(conversation, seq);
    this.receipts(conversation);
  }

  private read(device: DeviceModel, conversation: string, seq: number): void {
    if (seq > this.log(conversation).head) return;
    const key = `${conversation} ${device.user}`;
    this.reads.set(key, Math.max(this.reads.get(key) ?? 0, seq));
    this.ack(device, conversation, seq);
    this.receipts(conversation);
  }

  private resume(device: DeviceModel, token: number): void {
    const logs = [...this.logs.values()].filter((log) => isMember(log, device));
    if (!device.basesAcked) {
      const bases = logs.map((log) => ({
        conversation: log.conversation,
        seq: this.cursor(device, log),
      }));
      device.push?.({ $case: "bases", value: { bases, complete: true } });
    }
    let pending = 0;
    for (const log of logs) {
      const cursor = this.cursor(device, log);
      pending += log.entries.slice(cursor).filter((entry) => log.visible(entry)).length;
      this.deliverFrom(device, log, cursor, WINDOW);
    }
    device.push?.({ $case: "caughtUp", value: { token, pending } });
  }

  private receipts(conversation: string): void {
    const log = this.log(conversation);
    for (const device of this.devices.values()) {
      if (isMember(log, device)) this.receipt(device, conversation);
    }
  }

  receipt(device: DeviceModel, conversation: string): void {
    const peer = peerOf(conversation, device.user);
    if (peer === undefined) return;
    const log = this.log(conversation);
    let delivered = 0;
    for (const other of this.devices.values()) {
      if (other.user === peer) delivered = Math.max(delivered, this.cursor(other, log));
    }
    const read = this.reads.get(`${conversation} ${peer}`) ?? 0;
    const ownRead = this.reads.get(`${conversation} ${device.user}`) ?? 0;
    device.push?.({
      $case: "receipt",
      value: {
        conversation,
        delivered,
        read,
        ownRead,
        except: [],
        exceptRanges: [],
        settledVersion: 0,
        unreadRanges: [],
      },
    });
  }

  private question(device: DeviceModel, frame: FrameKind): void {
    if (frame.$case === "fetchHistory") {
      const { request, conversation, before, limit } = frame.value;
      const all = this.log(conversation).entries.filter((one) => before === 0 || one.seq < before);
      const entries = all.slice(-(limit || 50));
      const more = all.length > entries.length ? (entries[0]?.seq ?? 0) : 0;
      const value = { request, conversation, entries, before: more };
      device.push?.({ $case: "history", value });
    } else if (frame.$case === "listConversations") {
      const logs = [...this.logs.values()].filter((log) => isMember(log, device) && log.head > 0);
      const conversations = logs.map((log) => ({
        conversation: log.conversation,
        seq: log.head,
        open: false,
      }));
      const value = { request: frame.value.request, conversations, after: "" };
      device.push?.({ $case: "conversations", value });
    } else if (frame.$case === "getMessageInfo") {
      this.messageInfo(device, frame.value);
    }
  }

  private messageInfo(
    device: DeviceModel,
    { request, conversation, seq }: { request: number; conversation: string; seq: number },
  ): void {
    const entry = this.log(conversation).entries[seq - 1];
    if (entry?.sender !== device.user) {
      device.push?.({ $case: "failed", value: { request, reason: 2, retryAfterMs: 0 } });
      return;
    }
    const user = peerOf(conversation, device.user) as string;
    const read = (this.reads.get(`${conversation} ${user}`) ?? 0) >= seq;
    const at = entry.atUnixMs + 1000;
    const member = { user, deliveredAtUnixMs: at, readAtUnixMs: read ? at + 1000 : 0 };
    const value = { request, conversation, seq, members: [member] };
    device.push?.({ $case: "messageInfo", value });
  }

  private cursor(device: DeviceModel, log: LogModel): number {
    return device.cursors.get(log.conversation) ?? 0;
  }

  private device(id: string): DeviceModel {
    const device = this.devices.get(id);
    if (device === undefined) throw new Error(`no device ${id}`);
    return device;
  }
}

function isMember(log: LogModel, device: DeviceModel): boolean {
  return peerOf(log.conversation, device.user) !== undefined;
}
