import type { Walls } from "./blocks/walls.js";
import type { Device } from "./device.js";
import type { Crew } from "./groups/crew.js";
import type { Mesh } from "./mesh.js";
import type { NetworkModel } from "./network-model.js";
import { type Act, type Plan, USER_ACTS } from "./plan.js";
import type { Scheduler } from "./scheduler.js";
import type { SimAccounts } from "./sim-auth.js";

interface Deps {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly model: NetworkModel;
  readonly mesh: Mesh;
  readonly accounts: SimAccounts;
  readonly devices: readonly Device[];
  readonly users: readonly string[];
  readonly crew: Crew;
  readonly walls: Walls;
  readonly note: (text: string) => void;
}

/** Does what the plan says, when it says it; nothing lasts longer than to the time of rest. */
export class Fate {
  readonly #deps: Deps;
  /** What really happened, by kind. */
  readonly counts: Record<string, number> = {};

  constructor(deps: Deps) {
    this.#deps = deps;
    const { plan, scheduler } = deps;
    for (const act of plan.acts) {
      scheduler.at(act.atMs, undefined, act.kind, () => this.#perform(act));
    }
  }

  #perform(act: Act): void {
    const { devices, users, mesh, crew, note, scheduler } = this.#deps;
    if ("device" in act && !devices[act.device]) return;
    this.counts[act.kind] = (this.counts[act.kind] ?? 0) + 1;
    if (act.kind === "send") {
      devices[act.device]?.send(users[act.peer] as string, act.size);
      return;
    }
    if (act.kind === "group send" || act.kind === "group change") {
      crew.perform(act, devices[act.device] as Device);
      return;
    }
    if (act.kind === "block" || act.kind === "unblock") {
      this.#deps.walls.perform(act, devices[act.device] as Device);
      return;
    }
    if (!USER_ACTS.has(act.kind)) note(describe(act));
    if ("device" in act) this.#onDevice(act, devices[act.device] as Device);
    else if ("from" in act) this.#onLink(act);
    else if (act.kind === "disk slow" || act.kind === "disk fails") this.#onDisk(act);
    else if (act.kind === "pause") mesh.process(act.module)?.pause(this.#until(act));
    else if (act.kind === "restart") mesh.restart(act.module, act.forMs);
    else if (act.kind === "clock jumps") {
      const process = mesh.process(act.module);
      if (process) process.skewMs += act.byMs;
    } else {
      mesh.kill(act.module, act.silent);
      scheduler.at(this.#until(act), undefined, "start", () => mesh.start(act.module));
    }
  }

  #onDevice(act: Act & { device: number }, device: Device): void {
    const { scheduler, model } = this.#deps;
    switch (act.kind) {
      case "read":
        return device.read();
      case "ask":
        return device.ask();
      case "revoke":
        device.revokedMs ??= scheduler.nowMs;
        return this.#deps.accounts.revoke(device.user, device.id);
      case "sleep":
        return device.process?.pause(this.#until(act));
      case "offline":
        model.block(this.#until(act), device.name);
        for (const end of model.of(device.name)) {
          if (act.silent) end.sever();
          else end.process.start("offline", () => end.lose());
        }
        return;
      case "kill device":
        if (!device.process) return;
        device.kill(act.silent);
        scheduler.at(this.#until(act), undefined, "start", () => device.start());
        return;
      case "slow reader":
        device.setRate(act.rate);
        scheduler.at(this.#until(act), undefined, "fast again", () => {
          device.setRate(Number.POSITIVE_INFINITY);
        });
    }
  }

  #onLink(act: Act & { from: string; to: string }): void {
    const { model } = this.#deps;
    if (act.kind === "partition") {
      model.block(this.#until(act), act.from, act.to);
      if (!act.oneWay) model.block(this.#until(act), act.to, act.from);
      return;
    }
    if (act.kind === "lose frames") {
      model.losses.add({ ...act, untilMs: this.#until(act) });
      return;
    }
    for (const end of model.between(act.from, act.to)) {
      if (act.kind === "half-open") end.sever();
      else end.reset();
    }
  }

  #onDisk(act: Act & { kind: "disk slow" | "disk fails" }): void {
    const { mesh, scheduler } = this.#deps;
    const disk = mesh.disks[act.module as keyof Mesh["disks"]];
    const untilMs = this.#until(act);
    const none = { slowness: 1, reads: 0, writes: 0, openings: 0, applied: 0, late: 0, hangMs: 0 };
    const trouble = { ...none, ...act, untilMs };
    disk.trouble = trouble;
    scheduler.at(untilMs, undefined, "disk well", () => {
      if (disk.trouble === trouble) disk.trouble = undefined;
    });
  }

  #until(act: Act & { forMs: number }): number {
    return Math.min(act.atMs + act.forMs, this.#deps.plan.restMs);
  }
}

function describe({ kind, atMs: _, ...rest }: Act): string {
  const details = Object.entries(rest).map(([name, value]) => {
    return `${name}=${typeof value === "number" ? +value.toFixed(2) : value}`;
  });
  return `FAULT ${kind} ${details.join(" ")}`;
}
