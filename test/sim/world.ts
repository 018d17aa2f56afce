import { timings } from "../../client/timings.js";
import { DirectLogs } from "./blocks/direct-logs.js";
import { Walls } from "./blocks/walls.js";
import { Device } from "./device.js";
import { DurableCursors } from "./durable-cursors.js";
import { checkDelays, checkEnd, checkRevoked, type FinalLogs } from "./end-check.js";
import { Fate } from "./fate.js";
import { takeGlobals } from "./globals.js";
import { Crew } from "./groups/crew.js";
import { GroupLogs } from "./groups/group-logs.js";
import { History, type Shown } from "./history.js";
import { checkReading, checkShown } from "./log-check.js";
import { Mesh } from "./mesh.js";
import { type FrameFilter, NetworkModel } from "./network-model.js";
import type { Plan, PlannedDevice } from "./plan.js";
import { Random } from "./random.js";
import { isDelivered, isTicked } from "./rest.js";
import { Scheduler } from "./scheduler.js";
import { SimAccounts } from "./sim-auth.js";
import { WireCheck } from "./wire-check.js";

/** How long everything may take to come to rest once nothing disturbs it any more. */
const CHANGED_WITHIN_MS = 2 * timings.changeMs;
const DELIVERED_WITHIN_MS = 180_000;
const TICKED_WITHIN_MS = 200_000;
const LOOK_EVERY_MS = 500;
/** Services that were killed at the last moment are up again after this. */
const RESTART_MAX_MS = 2_000;
/** Whoever slept until the end wakes up in this time. */
const WAKE_MS = 500;
const FETCH_MS = 70_000;

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: () => readonly string[];
  readonly digest: string;
  readonly simulatedMs: number;
  readonly steps: number;
  readonly acknowledged: number;
  readonly shown: number;
  /** Changes of groups that were made. */
  readonly changes: number;
  /** Blocks, and ends of some, that were answered. */
  readonly blocks: number;
  readonly acts: Readonly<Record<string, number>>;
  /** Frames lost on connections that held, by hop and kind. */
  readonly lost: Readonly<Record<string, number>>;
  /** From the end of all faults until every message was everywhere; 0 when it never was. */
  readonly deliveredMs: number;
  readonly tickedMs: number;
}

/** One run: the whole mesh and its users, from the first connection until everything has come to rest. */
export class World {
  readonly scheduler = new Scheduler();
  readonly history = new History(() => this.scheduler.nowMs);
  readonly devices: readonly Device[];
  readonly mesh: Mesh;
  readonly model: NetworkModel;
  readonly fate: Fate;
  readonly walls: Walls;
  readonly crew: Crew;
  readonly accounts = new SimAccounts();
  readonly #random: Random;

  /** `filter` loses frames in another way than the plan. */
  constructor(
    readonly plan: Plan,
    filter?: FrameFilter,
  ) {
    const { scheduler, history, accounts } = this;
    const random = new Random(`run ${plan.seed}`);
    this.#random = random;
    this.model = new NetworkModel(scheduler, random.fork("network"), plan.weather);
    const { model } = this;
    if (filter) model.filter = filter;
    const note = (text: string) => history.note(text);
    const check = (user: string, message: Buffer, isBinary: boolean) =>
      this.#wire.frame(user, message, isBinary);
    this.mesh = new Mesh({
      plan,
      scheduler,
      model,
      random: random.fork("mesh"),
      accounts,
      note,
      tap: (seat, message, isBinary) => {
        check((seat as { ticket: { user: string } }).ticket.user, message, isBinary);
      },
    });
    this.#wire = this.#watchDisks();
    const users = Array.from({ length: plan.users }, () => `us_${random.text(16)}`);
    for (const user of users) history.addUser(user);
    this.devices = plan.devices.map((_, index) => this.#device(index, users));
    const { devices, mesh } = this;
    const wrong = (invariant: string, text: string) => history.wrong(invariant, text);
    const { groups, directs } = history;
    const crew = new Crew({ logs: groups, users, wrong, note });
    this.crew = crew;
    const nowMs = () => scheduler.nowMs;
    const walls = new Walls({ logs: directs, users, wrong, note, nowMs });
    this.walls = walls;
    const hands = { crew, walls };
    this.fate = new Fate({
      plan,
      scheduler,
      model,
      mesh,
      accounts,
      devices,
      users,
      note,
      ...hands,
    });
  }

  /** What is on the disks is what everything said is compared with. */
  #watchDisks(): WireCheck {
    const { history, scheduler, model } = this;
    const { disks } = this.mesh;
    const nowMs = () => scheduler.nowMs;
    const wrong = (invariant: string, text: string) => history.wrong(invariant, text);
    const acknowledged = (clientMessageId: string) => history.acknowledged(clientMessageId);
    const cursors = new DurableCursors();
    const groups = new GroupLogs({ cursors, acknowledged, wrong, nowMs });
    const directs = new DirectLogs({ wrong, nowMs });
    Object.assign(history, { groups, directs });
    disks.receipts.written = (changes) => cursors.written(changes);
    disks.session.written = (changes) => {
      groups.written(changes);
      directs.written(changes);
    };
    model.wrong = wrong;
    for (const disk of Object.values(disks)) disk.wrong = wrong;
    // I5, I7: an entry is what it is from the moment it may be on the disk.
    disks.session.mayChange = (key) => !key.startsWith("l");
    return new WireCheck({ log: disks.session, cursors, groups, directs, wrong, acknowledged });
  }

  #device(index: number, users: readonly string[]): Device {
    const { plan, scheduler, model, history, accounts } = this;
    const { user, json } = plan.devices[index] as PlannedDevice;
    return new Device({
      index,
      user: users[user] as string,
      subprotocol: json ? "chat.v1.json" : "chat.v1.proto",
      scheduler,
      model,
      random: this.#random.fork(`device ${index}`),
      history,
      gateways: Array.from({ length: plan.gateways }, (_, i) => `gateway-${i + 1}`),
      isRevoked: (device) => accounts.isRevoked(device),
    });
  }

  readonly #wire: WireCheck;

  async run(): Promise<Outcome> {
    const { plan, scheduler, history } = this;
    const release = takeGlobals(scheduler, this.#random.fork("globals"));
    let deliveredMs = 0;
    let tickedMs = 0;
    try {
      for (const device of this.devices) await device.register();
      this.#checkBounds();
      plan.devices.forEach(({ firstMs }, index) => {
        scheduler.at(firstMs, undefined, "first start", () => this.devices[index]?.start());
      });
      await scheduler.run(plan.restMs);
      this.#heal();
      await scheduler.run(plan.restMs + WAKE_MS);
      await this.#until("changed", CHANGED_WITHIN_MS, () => this.crew.waiting());
      deliveredMs = await this.#until("delivered", DELIVERED_WITHIN_MS, isDelivered);
      await this.#until("answered", DELIVERED_WITHIN_MS, () => {
        return this.walls.waiting(this.mesh.disks.auth);
      });
      for (const device of this.devices) device.read();
      tickedMs = await this.#until("ticked", TICKED_WITHIN_MS, isTicked);
      const logs = await this.#fetchLogs();
      checkEnd(history, logs);
      this.walls.check(this.mesh.disks.auth);
      for (const device of this.devices) {
        for (const log of history.logsOf(device)) checkShown(device, history, log);
        checkRevoked(device, history, plan.restMs + RESTART_MAX_MS);
      }
      // What is lost on a connection that holds comes again by probes: in the end, but not within a fixed time.
      const held = Object.keys(this.model.filter.counts).length === 0;
      if (held) checkDelays(history, plan.restMs + RESTART_MAX_MS);
      for (const surprise of scheduler.surprises) history.wrong("I0 surprise", surprise);
    } finally {
      release();
    }
    return this.#outcome(deliveredMs, tickedMs);
  }

  /** I11, now and again. */
  #checkBounds(): void {
    this.mesh.checkBounds((invariant, text) => this.history.wrong(invariant, text));
    this.scheduler.after(LOOK_EVERY_MS, undefined, "bounds", () => this.#checkBounds());
  }

  /** Ends all faults that last. */
  #heal(): void {
    this.history.note("REST: all faults end");
    this.model.heal();
    for (const disk of Object.values(this.mesh.disks)) disk.trouble = undefined;
    this.mesh.heal();
    for (const device of this.devices) {
      device.setRate(Number.POSITIVE_INFINITY);
      device.start();
    }
  }

  /** Waits for a state of the devices; says after how long it was reached. */
  async #until(
    what: string,
    withinMs: number,
    is: (devices: readonly Device[], history: History) => string | undefined,
  ): Promise<number> {
    const { scheduler, history, devices } = this;
    const startMs = scheduler.nowMs;
    let missing = is(devices, history);
    while (missing !== undefined && scheduler.nowMs - startMs < withinMs) {
      await scheduler.run(scheduler.nowMs + LOOK_EVERY_MS);
      missing = is(devices, history);
    }
    history.note(`${what.toUpperCase()} after ${Math.round(scheduler.nowMs - startMs)} ms`);
    if (missing !== undefined) history.wrong(`I1 ${what}`, `still not: ${missing}`);
    return missing === undefined ? scheduler.nowMs - startMs : 0;
  }

  /** Every conversation as it is on the disk, after it was looked at as each of its members is given it. */
  async #fetchLogs(): Promise<FinalLogs> {
    const { history, scheduler } = this;
    const logs: FinalLogs = new Map();
    const asked = new Set<string>();
    let fetching = 0;
    for (const device of this.devices) {
      for (const conversation of history.conversationsOf(device)) {
        const log = history.logOf(conversation);
        if (!log) continue;
        logs.set(conversation, log.shown);
        const key = `${conversation} ${device.user}`;
        const has = device.client?.position(conversation)?.last;
        if (device.revokedMs !== undefined || asked.has(key) || !has) continue;
        asked.add(key);
        fetching++;
        const take = (entries: Shown[]) => {
          fetching--;
          checkReading(device, history, log, entries);
        };
        device.process?.start("fetch", () => {
          device
            .fetchAll(conversation)
            .then(take, (error) =>
              history.wrong("I7 readable", `${conversation}: ${error.message}`),
            );
        });
      }
    }
    const untilMs = scheduler.nowMs + FETCH_MS;
    while (fetching > 0 && scheduler.nowMs < untilMs) {
      await scheduler.run(scheduler.nowMs + LOOK_EVERY_MS);
    }
    return logs;
  }

  #outcome(deliveredMs: number, tickedMs: number): Outcome {
    const { scheduler, history, plan, fate } = this;
    const sent = history.sendings.filter((sending) => sending.kept);
    let shown = 0;
    for (const views of history.views.values()) {
      for (const view of views.values()) shown += view.messages.size;
    }
    return {
      seed: plan.seed,
      violations: history.violations,
      trace: () => history.trace(),
      digest: scheduler.digest.hex,
      simulatedMs: scheduler.nowMs,
      steps: scheduler.steps,
      acknowledged: sent.length,
      shown,
      changes: history.groups.changes,
      blocks: this.walls.made,
      acts: fate.counts,
      lost: this.model.filter.counts,
      deliveredMs,
      tickedMs,
    };
  }
}
