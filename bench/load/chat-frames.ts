import { WireReader } from "../../lib/wire/reader.js";
import { WireWriter } from "../../lib/wire/writer.js";
import type { LoadSocket } from "./websocket.js";

/**
 * The few client frames a load generator needs, by offsets. Byte for byte what the generated codec gives (tested),
 * so that the servers see an ordinary client.
 */
export class ChatWriter {
  #out = new WireWriter(4096);

  send(socket: LoadSocket, frame: SendFrame): void {
    const out = this.#begin();
    out.open(2, 200);
    out.ascii(1, frame.conversation);
    out.ascii(2, frame.clientMessageId);
    out.uint(3, frame.number);
    out.bytes(4, frame.content);
    out.uint(5, frame.acked);
    this.#end(socket);
  }

  ack(socket: LoadSocket, conversation: string, seq: number): void {
    this.#cursor(socket, 3, conversation, seq);
  }

  read(socket: LoadSocket, conversation: string, seq: number): void {
    this.#cursor(socket, 4, conversation, seq);
  }

  resync(socket: LoadSocket, conversation: string, last: number): void {
    this.#cursor(socket, 5, conversation, last);
  }

  resume(socket: LoadSocket, token: number): void {
    const out = this.#begin();
    out.open(6, 10);
    out.uint(1, token);
    this.#end(socket);
  }

  ackBases(socket: LoadSocket): void {
    const out = this.#begin();
    out.open(7, 0);
    this.#end(socket);
  }

  #cursor(socket: LoadSocket, arm: number, conversation: string, seq: number): void {
    const out = this.#begin();
    out.open(arm, 48);
    out.ascii(1, conversation);
    out.uint(2, seq);
    this.#end(socket);
  }

  #begin(): WireWriter {
    this.#out.pos = 0;
    return this.#out;
  }

  #end(socket: LoadSocket): void {
    const out = this.#out;
    out.close();
    const { buf, pos } = socket.reserve(out.pos);
    out.buf.copy(buf, pos, 0, out.pos);
    socket.commit(out.pos);
  }
}

export interface SendFrame {
  readonly conversation: string;
  readonly clientMessageId: string;
  readonly number: number;
  /** Encoded chat.client.v1.Content. */
  readonly content: Buffer;
  readonly acked: number;
}

/** What a generator looks at in a server frame; filled anew for each frame. */
export class ServerFields {
  /** Arm of ServerFrame. */
  arm = 0;
  seq = 0;
  after = 0;
  delivered = 0;
  read = 0;
  token = 0;
  pending = 0;
  complete = false;
  #id: Buffer = EMPTY;
  #start = 0;
  #stop = 0;

  /** Made only when it is asked for, and only while the frame is looked at. */
  get conversation(): string {
    return this.#id.toString("latin1", this.#start, this.#stop);
  }

  /** The reader's current field is the conversation. */
  foundConversation({ buf, start, stop }: WireReader): void {
    this.#id = buf;
    this.#start = start;
    this.#stop = stop;
  }
}

const EMPTY = Buffer.alloc(0);

/** Reads server frames into one object. */
export class ChatReader {
  readonly fields = new ServerFields();
  #frame = new WireReader();
  #body = new WireReader();
  #inner = new WireReader();

  read(buf: Buffer, start: number, end: number): ServerFields {
    const { fields } = this;
    fields.arm = 0;
    const frame = this.#frame.reset(buf, start, end);
    if (!frame.next()) return fields;
    fields.arm = frame.field;
    const body = this.#body.enter(frame);
    if (fields.arm === 7) this.#deliver(body);
    else if (fields.arm === 2) this.#sent(body);
    else if (fields.arm === 8) this.#receipt(body);
    else if (fields.arm === 9) this.#caughtUp(body);
    else if (fields.arm === 10) this.#bases(body);
    return fields;
  }

  #sent(body: WireReader): void {
    const { fields } = this;
    fields.after = 0;
    while (body.next()) {
      if (body.field === 1) fields.foundConversation(body);
      else if (body.field === 3) fields.seq = body.uint();
      else if (body.field === 4) fields.after = body.uint();
    }
  }

  #deliver(body: WireReader): void {
    const { fields } = this;
    fields.after = 0;
    while (body.next()) {
      if (body.field === 1) fields.foundConversation(body);
      else if (body.field === 2) fields.after = body.uint();
      else if (body.field === 3) {
        const entry = this.#inner.enter(body);
        while (entry.next()) if (entry.field === 1) fields.seq = entry.uint();
      }
    }
  }

  #receipt(body: WireReader): void {
    const { fields } = this;
    fields.delivered = 0;
    fields.read = 0;
    while (body.next()) {
      if (body.field === 1) fields.foundConversation(body);
      else if (body.field === 2) fields.delivered = body.uint();
      else if (body.field === 3) fields.read = body.uint();
    }
  }

  #caughtUp(body: WireReader): void {
    const { fields } = this;
    fields.pending = 0;
    while (body.next()) {
      if (body.field === 1) fields.token = body.uint();
      else if (body.field === 2) fields.pending = body.uint();
    }
  }

  #bases(body: WireReader): void {
    this.fields.complete = false;
    while (body.next()) if (body.field === 2) this.fields.complete = body.bool();
  }
}
