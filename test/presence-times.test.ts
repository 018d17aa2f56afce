import assert from "node:assert/strict";
import { Presence } from "../client/presence.js";
import { limits } from "../lib/limits.js";
import { type FakeDevice, Rig } from "../presence/testing/rig.js";

/** Of everything that the docs promise within this. */
const WITHIN_MS = 15_000;
const STEP_MS = 250;

/** The SDK of two people at a presence instance, on simulated time. */
class World {
  /** What Bob's app shows of Ann. */
  online = false;
  reachable = true;
  readonly ann: FakeDevice;
  readonly bob: FakeDevice;
  readonly #apps: ReadonlyMap<number, Presence>;

  private constructor(readonly rig: Rig) {
    this.ann = rig.device();
    this.bob = rig.device();
    this.#apps = new Map([this.ann, this.bob].map((one) => [one.connection, this.#app(one)]));
    for (const app of this.#apps.values()) app.attach();
  }

  static async start(): Promise<World> {
    return new World(await Rig.start());
  }

  async stop(): Promise<void> {
    for (const app of this.#apps.values()) app.close();
    await this.rig.stop();
  }

  of({ connection }: FakeDevice): Presence {
    return this.#apps.get(connection) as Presence;
  }

  /** Lets time pass until that is so; gives how long it took, at most `maxMs`. */
  async until(isSo: () => boolean, maxMs = 60_000): Promise<number> {
    let ms = 0;
    for (; !isSo() && ms < maxMs; ms += STEP_MS) {
      this.rig.clock.advance(STEP_MS);
      await this.rig.settle();
      for (const { connections, kind } of this.rig.told()) {
        for (const to of this.reachable ? connections : []) this.#apps.get(to)?.take(kind);
      }
    }
    return ms;
  }

  pass(ms: number): Promise<number> {
    return this.until(() => false, ms);
  }

  #app(device: FakeDevice): Presence {
    return new Presence({
      clock: this.rig.clock,
      transmit: (kind) => {
        if (this.reachable) this.rig.says(device, kind);
      },
      emit: ({ name, value }) => {
        if (name === "presence") this.online = value.online;
      },
    });
  }
}

describe("what is shown while presence dies and comes back", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.stop());

  for (const phase of [0, 2, 4, 6, 8]) {
    it(`is right within 15 s, killed ${phase} s behind a renewal`, async () => {
      const { rig, ann, bob } = world;
      world.of(ann).foreground();
      rig.active(ann.user);
      await world.pass(3_000);
      world.of(bob).watch(ann.user);
      await world.pass(7_000 + phase * 1_000);
      assert.equal(world.online, true);
      world.reachable = false;
      assert.ok((await world.until(() => !world.online)) <= WITHIN_MS);
      await world.pass(7_000);
      rig.restart();
      world.reachable = true;
      assert.ok((await world.until(() => world.online)) <= WITHIN_MS);
    });
  }

  it("is that somebody is gone, within 15 s after his phone died, and what a sweep takes", async () => {
    const { rig, ann, bob } = world;
    world.of(bob).watch(ann.user);
    rig.says(ann, { $case: "foreground", value: { automatic: false } });
    rig.active(ann.user);
    assert.ok((await world.until(() => world.online)) <= STEP_MS);
    const shownMs = await world.until(() => !world.online);
    assert.ok(shownMs <= limits.foregroundMs + 1_000, `${shownMs}`);
  });
});
