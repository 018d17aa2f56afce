import type { Clock } from "../lib/clock.js";
import { limits } from "../lib/limits.js";
import type { Logger } from "../lib/log.js";
import { answerCaughtUp } from "./answers.js";
import { answerBases } from "./bases.js";
import type { Connection, HomeDevice, Resume } from "./home-user.js";
import type { DeviceComparison, DeviceCursor, SessionStore, UserConversation } from "./store.js";

export interface ResumesDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Asks the owner of a conversation to deliver to the device from its cursor; answered by `drained` or `postponed`. */
  readonly deliverFrom: (conversation: string, device: HomeDevice, stored: StoredCursor) => void;
  /** Entries of a conversation that the device has still to acknowledge. */
  readonly pending: (conversation: string, device: HomeDevice) => number;
}

export interface StoredCursor {
  readonly cursor: number;
  readonly confirmed: number;
}

const PAGE = 1_000;
/** A Resume that comes this soon after the comparison is answered by it. */
const FRESH_MS = 1_000;

/**
 * Brings devices up to date after an attach: compares what is stored of the device with the user's conversations, has the
 * owners deliver the difference, a few conversations at a time, and answers Resume.
 */
export class Resumes {
  #waiting = new Set<HomeDevice>();
  #comparing = 0;
  #active = new Set<HomeDevice>();

  constructor(readonly deps: ResumesDeps) {}

  /** How many devices are being compared with the store. */
  get comparing(): number {
    return this.#comparing;
  }

  /** The device has a connection that is not known to be up to date. */
  start(device: HomeDevice): void {
    const { connection, resume: before } = device;
    if (connection === undefined) return;
    const same = before?.connection === connection ? before : undefined;
    device.resume = {
      connection,
      comparing: true,
      failed: false,
      queue: [],
      later: [],
      missed: new Set(),
      draining: new Set(),
      token: same?.token ?? 0,
      deadlineMs: same?.deadlineMs ?? 0,
      bases: same?.bases,
    };
    this.#active.add(device);
    this.#waiting.add(device);
    this.#next();
  }

  /** The client asks to be told when it is up to date. */
  request(connection: Connection, token: number): void {
    const { device } = connection;
    if (device.connection !== connection || token === 0) return;
    const now = this.deps.clock.nowMs();
    if (device.resume === undefined) this.start(device);
    const resume = device.resume as Resume | undefined;
    if (resume === undefined) return;
    // A repeated Resume does not put the answer off.
    const first = resume.token === 0;
    resume.token = token;
    if (resume.comparing || left(resume) > 0) {
      if (first) resume.deadlineMs = now + limits.caughtUpMs;
      return;
    }
    if (now - resume.deadlineMs < FRESH_MS) this.#finish(device, resume);
    else this.start(device);
  }

  #next(): void {
    for (const device of this.#waiting) {
      if (this.#comparing >= limits.attachesMax) return;
      this.#waiting.delete(device);
      const { resume } = device;
      if (resume?.comparing) void this.#compare(device, resume);
    }
  }

  async #compare(device: HomeDevice, resume: Resume): Promise<void> {
    this.#comparing++;
    try {
      const { store } = this.deps;
      const { id, user } = device;
      let found = await store.compareDevice(user.id, id);
      if (found.based === 0) {
        await this.#base(device);
        found = await store.compareDevice(user.id, id);
      }
      const cursors = new Map<string, StoredCursor>();
      for (const lack of found.lacks) cursors.set(lack.conversation, lack);
      // More may be missed while they are read.
      for (let ids = unread(resume, cursors); ids.length > 0; ids = unread(resume, cursors)) {
        const read = await store.readCursors(user.id, id, ids);
        for (const missed of ids) cursors.set(missed, read.get(missed) ?? NO_CURSOR);
      }
      if (device.resume === resume) this.#compared(device, resume, cursors, found.bases);
    } catch (error) {
      this.deps.log.warn({ err: error }, "a device could not be compared with the store");
      resume.failed = true;
    } finally {
      this.#comparing--;
      this.#next();
    }
  }

  /** A new device starts at the heads: whatever is there now is for it to fetch, not to be delivered. */
  async #base(device: HomeDevice): Promise<void> {
    const { store } = this.deps;
    const cursors = new Map<string, DeviceCursor>();
    for (const { conversation, open, seq } of await listAll(store, device.user.id)) {
      const base = open ? seq - 1 : seq;
      if (base > 0) cursors.set(conversation, { cursor: base, confirmed: base, base });
    }
    const change = { based: 1 as const, cursors, durable: true };
    await store.writeDevice(device.user.id, device.id, change);
  }

  #compared(
    device: HomeDevice,
    resume: Resume,
    cursors: ReadonlyMap<string, StoredCursor>,
    bases: DeviceComparison["bases"],
  ): void {
    for (const [conversation, { cursor, confirmed }] of cursors) {
      resume.queue.push([conversation, cursor, confirmed]);
    }
    resume.missed.clear();
    if (bases !== undefined) {
      resume.bases = bases;
      answerBases(resume.connection, bases);
    }
    resume.comparing = false;
    this.#pump(device, resume);
  }

  #pump(device: HomeDevice, resume: Resume): void {
    while (resume.draining.size < limits.resumeConversations && resume.queue.length > 0) {
      const [conversation, cursor, confirmed] = resume.queue.pop() as Resume["queue"][number];
      resume.draining.add(conversation);
      this.deps.deliverFrom(conversation, device, { cursor, confirmed });
    }
    if (left(resume) > 0 || device.resume !== resume) return;
    resume.deadlineMs = this.deps.clock.nowMs();
    if (resume.token !== 0) this.#finish(device, resume);
  }

  #finish(device: HomeDevice, resume: Resume): void {
    if (resume.bases !== undefined) answerBases(resume.connection, resume.bases);
    answerCaughtUp(resume.connection, resume.token, 0);
    device.resume = undefined;
    this.#active.delete(device);
  }

  /** The device has acknowledged all of the conversation that was there when it came. */
  drained(device: HomeDevice, conversation: string): void {
    const { resume } = device;
    if (resume?.draining.delete(conversation) && !resume.comparing) this.#pumpLater(device, resume);
  }

  /** The owner cannot say now: asked again a second later. */
  postponed(device: HomeDevice, conversation: string, stored: StoredCursor): void {
    const { resume } = device;
    if (!resume?.draining.delete(conversation)) return;
    resume.later.push([conversation, stored.cursor, stored.confirmed]);
  }

  /** `drained` may be called from within `pump`: one pass at a time. */
  #pumping = false;
  #again = new Map<HomeDevice, Resume>();

  #pumpLater(device: HomeDevice, resume: Resume): void {
    this.#again.set(device, resume);
    if (this.#pumping) return;
    this.#pumping = true;
    for (const [next, its] of this.#again) {
      this.#again.delete(next);
      if (next.resume === its && !its.comparing) this.#pump(next, its);
    }
    this.#pumping = false;
  }

  /** The device has stored its bases. */
  async basesStored(connection: Connection): Promise<void> {
    const { device } = connection;
    if (device.resume !== undefined) device.resume.bases = undefined;
    try {
      const change = { based: 2 as const, cursors: new Map(), durable: false };
      await this.deps.store.writeDevice(device.user.id, device.id, change);
    } catch (error) {
      this.deps.log.warn({ err: error }, "bases are repeated: their confirmation was not stored");
    }
  }

  /** Once a second: late answers, and what was postponed or failed. */
  sweep(): void {
    const now = this.deps.clock.nowMs();
    for (const device of this.#active) {
      const { resume } = device;
      if (resume === undefined) {
        this.#active.delete(device);
      } else if (resume.failed) {
        resume.failed = false;
        this.#waiting.add(device);
      } else if (!resume.comparing && left(resume) === 0) {
        if (resume.token === 0 && now - resume.deadlineMs > FRESH_MS) this.#leave(device);
      } else if (!resume.comparing) {
        if (resume.token !== 0 && now >= resume.deadlineMs) this.#tellPending(device, resume);
        resume.queue.push(...resume.later.splice(0));
        this.#pumpLater(device, resume);
      }
    }
    this.#next();
  }

  #leave(device: HomeDevice): void {
    device.resume = undefined;
    this.#active.delete(device);
  }

  #tellPending(device: HomeDevice, resume: Resume): void {
    let pending = resume.queue.length + resume.later.length;
    for (const conversation of resume.draining) pending += this.deps.pending(conversation, device);
    if (resume.bases !== undefined) answerBases(resume.connection, resume.bases);
    answerCaughtUp(resume.connection, resume.token, pending);
    resume.token = 0;
  }
}

const NO_CURSOR: StoredCursor = { cursor: 0, confirmed: 0 };

/** Conversations with a live entry whose cursors are not known yet. */
function unread({ missed }: Resume, cursors: ReadonlyMap<string, StoredCursor>): string[] {
  return [...missed].filter((conversation) => !cursors.has(conversation));
}

/** Conversations that still have something for the device. */
function left(resume: Resume): number {
  return resume.queue.length + resume.later.length + resume.draining.size;
}

async function listAll(store: SessionStore, user: string): Promise<UserConversation[]> {
  const all: UserConversation[] = [];
  for (let after = ""; ; ) {
    const page = await store.listUserConversations(user, after, PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
    after = (page.at(-1) as UserConversation).conversation;
  }
}
