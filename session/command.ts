import type { WireReader } from "../lib/wire/reader.js";

/** Arms of chat.client.v1.ClientFrame that come here. */
export const kind = {
  send: 2,
  ack: 3,
  read: 4,
  resync: 5,
  resume: 6,
  ackBases: 7,
  pullReceipts: 8,
  fetchHistory: 9,
  listConversations: 10,
  getMessageInfo: 11,
  getLastNumber: 12,
  nack: 13,
  replaced: 14,
  typing: 18,
} as const;

/**
 * The fields of the command being handled. One object, filled anew for each command: nothing may keep it. The bytes it points
 * into stay valid.
 */
export class CommandFields {
  /** What the positions below point into. */
  buf: Buffer = EMPTY;
  conversationStart = 0;
  conversationEnd = 0;
  idStart = 0;
  idEnd = 0;
  number = 0;
  contentStart = 0;
  contentEnd = 0;
  acked = 0;
  seq = 0;
  reason = 0;
  request = 0;
  before = 0;
  limit = 0;
  after = "";
  /** What the user does, of typing. */
  doing = 0;
  /** Filled for pullReceipts only. */
  readonly conversations: string[] = [];

  /** A new string each time: on the hot path bytes are compared with bytes. */
  get conversation(): string {
    return this.buf.toString("latin1", this.conversationStart, this.conversationEnd);
  }

  get clientMessageId(): string {
    return this.buf.toString("latin1", this.idStart, this.idEnd);
  }

  clear(): void {
    this.conversationStart = this.conversationEnd = 0;
    this.idStart = this.idEnd = 0;
    this.number = 0;
    this.contentStart = 0;
    this.contentEnd = 0;
    this.acked = 0;
    this.seq = 0;
    this.reason = 0;
    this.request = 0;
    this.before = 0;
    this.limit = 0;
    this.after = "";
    this.doing = 0;
    if (this.conversations.length > 0) this.conversations.length = 0;
  }

  placeConversation(body: WireReader): void {
    body.expectMessage();
    this.conversationStart = body.start;
    this.conversationEnd = body.stop;
  }
}

const EMPTY = Buffer.alloc(0);

/** Reads a command. The parser has checked its form; here only the wire format is. */
export function readCommand(arm: number, body: WireReader, fields: CommandFields): void {
  fields.clear();
  fields.buf = body.buf;
  switch (arm) {
    case kind.send:
      return readSend(body, fields);
    case kind.ack:
    case kind.read:
    case kind.resync:
    case kind.nack:
    case kind.replaced:
      while (body.next()) {
        if (body.field === 1) fields.placeConversation(body);
        else if (body.field === 2) fields.seq = body.uint();
        else if (body.field === 3 && arm === kind.nack) fields.reason = body.uint();
      }
      return;
    case kind.typing:
      while (body.next()) {
        if (body.field === 1) fields.placeConversation(body);
        else if (body.field === 2) fields.doing = body.uint();
      }
      return;
    case kind.pullReceipts:
      while (body.next()) if (body.field === 1) fields.conversations.push(body.ascii());
      return;
    case kind.resume:
      while (body.next()) if (body.field === 1) fields.request = body.uint();
      return;
    default:
      return readQuestion(arm, body, fields);
  }
}

function readSend(body: WireReader, fields: CommandFields): void {
  while (body.next()) {
    if (body.field === 1) fields.placeConversation(body);
    else if (body.field === 2) {
      body.expectMessage();
      fields.idStart = body.start;
      fields.idEnd = body.stop;
    } else if (body.field === 3) fields.number = body.uint();
    else if (body.field === 4) {
      body.expectMessage();
      fields.contentStart = body.start;
      fields.contentEnd = body.stop;
    } else if (body.field === 5) fields.acked = body.uint();
  }
}

function readQuestion(arm: number, body: WireReader, fields: CommandFields): void {
  while (body.next()) {
    if (body.field === 1) fields.request = body.uint();
    else if (body.field === 2 && arm === kind.listConversations) fields.after = body.ascii();
    else if (body.field === 2) fields.placeConversation(body);
    else if (body.field === 3 && arm === kind.fetchHistory) fields.before = body.uint();
    else if (body.field === 3 && arm === kind.getMessageInfo) fields.seq = body.uint();
    else if (body.field === 3 && arm === kind.listConversations) fields.limit = body.uint();
    else if (body.field === 4 && arm === kind.fetchHistory) fields.limit = body.uint();
  }
}
