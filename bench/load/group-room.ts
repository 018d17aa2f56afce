import { newId } from "../../lib/ids.js";
import { change } from "../../test/groups.js";
import { until } from "../../test/until.js";
import type { LoadAccount } from "./accounts.js";
import { ChatReader, ChatWriter, type ServerFields } from "./chat-frames.js";
import type { LoadUser } from "./chat-pair.js";
import { Fan, type FanRoom } from "./fan.js";
import type { Installation } from "./installation.js";
import { later } from "./later.js";
import { content } from "./subject.js";
import { LoadSocket } from "./websocket.js";

/** What members do with what they get. */
export interface Habits {
  /** Acknowledge the newest of so many messages. */
  readonly ackEvery: number;
  /** Read each message, too: then it is done when its author is told that all have read it. */
  readonly read: boolean;
}

const RESUME_REPEAT_MS = 2_000;
const READY_MS = 60_000;
/** The group's first entry is its creation. */
const FIRST = 1;

/** A group of the product: its first member sends, all others are connected. */
export class GroupRoom implements FanRoom {
  readonly fan: Fan;
  habits: Habits = { ackEvery: 32, read: false };
  readonly group = newId("gr");
  readonly #members: Member[];

  private constructor(users: readonly LoadUser[]) {
    this.fan = new Fan(users.length - 1);
    this.#members = users.map((user, index) => new Member(this, user, index === 0));
  }

  /** Creates the group of these accounts and connects them; `connects` counts the devices' connections. */
  static async open(
    installation: Installation,
    accounts: readonly LoadAccount[],
    connects: number,
  ): Promise<GroupRoom> {
    const users = accounts.map((account) => {
      const { url, headers } = installation.user(account);
      return { url: `${url}?connect=${connects}`, headers };
    });
    const room = new GroupRoom(users);
    for (let i = 0; i < users.length; i += 50) {
      await Promise.all(room.#members.slice(i, i + 50).map((member) => member.connect()));
    }
    const [owner, ...members] = accounts as [LoadAccount, ...LoadAccount[]];
    const create = { name: "bench", members: members.map(({ user }) => user) };
    await change(installation.mesh, owner, room.group, { create });
    const ready = () => room.#members.every(({ last }) => last === FIRST);
    await until("every member to have the group", ready, READY_MS);
    return room;
  }

  send(number: number): void {
    (this.#members[0] as Member).send(number);
  }

  close(): void {
    for (const member of this.#members) member.close();
  }
}

/** One member's device. */
class Member {
  last = 0;
  #socket: LoadSocket | undefined;
  #acked = 0;
  #told = 0;
  #reading = false;

  constructor(
    readonly room: GroupRoom,
    readonly user: LoadUser,
    readonly isAuthor: boolean,
  ) {}

  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new LoadSocket(this.user.url, this.user.headers);
      this.#socket = socket;
      const resume = () => writer.resume(socket, 1);
      let repeat: NodeJS.Timeout | undefined;
      socket.onOpen = () => {
        resume();
        repeat = setInterval(resume, RESUME_REPEAT_MS);
      };
      socket.onClose = (why) => {
        clearInterval(repeat);
        this.room.fan.broken = why;
        reject(new Error(why));
      };
      socket.onMessage = (buf, start, end) => {
        const fields = reader.read(buf, start, end);
        if (fields.arm === 9) {
          clearInterval(repeat);
          resolve();
        } else this.#take(socket, fields);
      };
    });
  }

  #take(socket: LoadSocket, fields: ServerFields): void {
    const { fan } = this.room;
    switch (fields.arm) {
      case 2:
        // The author's own entries: acknowledged like those of others.
        this.last = fields.seq;
        return this.#acknowledge(socket, this.room.habits.ackEvery);
      case 7:
        return this.#deliver(socket, fields);
      case 8:
        if (this.isAuthor && this.room.habits.read) this.#readByAll(fields.read);
        return;
      case 10:
        if (fields.complete) writer.ackBases(socket);
        return;
      default:
        fan.faults++;
    }
  }

  #deliver(socket: LoadSocket, { after, seq }: ServerFields): void {
    const { fan, habits } = this.room;
    if (seq <= this.last) return;
    if (after !== this.last) {
      fan.faults++;
      return;
    }
    this.last = seq;
    if (seq === FIRST) return writer.ack(socket, this.room.group, seq);
    if (!habits.read) fan.got(seq - FIRST, seq - FIRST - 1);
    this.#acknowledge(socket, habits.ackEvery);
    if (!habits.read || this.#reading) return;
    this.#reading = true;
    later(this.#look);
  }

  /** What came in one turn of the event loop is read together, as by somebody who looks at the screen. */
  #look = (): void => {
    this.#reading = false;
    writer.read(this.#socket as LoadSocket, this.room.group, this.last);
  };

  #acknowledge(socket: LoadSocket, every: number): void {
    if (this.last - this.#acked < every) return;
    this.#acked = this.last;
    writer.ack(socket, this.room.group, this.last);
  }

  /** The blue ticks: for each message up to there, every other member has it. */
  #readByAll(seq: number): void {
    const { fan } = this.room;
    for (; this.#told < seq - FIRST; this.#told++) {
      for (let i = 0; i < fan.recipients; i++) fan.got(this.#told + 1, this.#told);
    }
  }

  send(number: number): void {
    // What was sent while nobody was told of reading counts as told.
    if (!this.room.habits.read) this.#told = number;
    const id = number.toString(16).padStart(12, "0");
    writer.send(this.#socket as LoadSocket, {
      conversation: this.room.group,
      clientMessageId: `00000000-0000-4000-8000-${id}`,
      number,
      content,
      acked: 0,
    });
  }

  close(): void {
    this.#socket?.end();
  }
}

const writer = new ChatWriter();
const reader = new ChatReader();
