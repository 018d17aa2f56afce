import { ChatError } from "../../../client/errors.js";
import { directId } from "../../../client/ids.js";
import type { Device } from "../device.js";
import type { Act } from "../plan.js";
import type { SimDisk } from "../sim-disk.js";
import type { DirectLogs } from "./direct-logs.js";

interface Deps {
  readonly logs: DirectLogs;
  readonly users: readonly string[];
  readonly nowMs: () => number;
  readonly wrong: (invariant: string, text: string) => void;
  readonly note: (text: string) => void;
}

type Wish = Extract<Act, { kind: "block" | "unblock" }>;

interface Call {
  readonly device: Device;
  /** Of the app that asked: with it ends the waiting. */
  readonly process: Device["process"];
  readonly kind: Wish["kind"];
  readonly peer: string;
  readonly atMs: number;
  /** Infinite until then: what the client has given up may be made at any time. */
  answeredMs: number;
  givenUp: boolean;
}

/** Nobody could be reached for long, or the device was logged out meanwhile. */
const GIVEN_UP: ReadonlySet<string> = new Set(["BUSY", "UNREACHABLE", "UNAUTHENTICATED"]);

const NEVER = Number.POSITIVE_INFINITY;

/** Does what users do with blocks, and looks at the answers. */
export class Walls {
  readonly #calls: Call[] = [];

  constructor(readonly deps: Deps) {}

  /** Blocks, and ends of some, that were said to be in force. */
  made = 0;

  perform({ kind, peer: index }: Wish, device: Device): void {
    const peer = this.deps.users[index] as string;
    const { note, nowMs, wrong } = this.deps;
    device.inPrivacy((privacy) => {
      const asked = `${device.name} wants to ${kind} ${directId(device.user, peer)}`;
      note(asked);
      const { process } = device;
      const call: Call = {
        device,
        process,
        kind,
        peer,
        atMs: nowMs(),
        answeredMs: NEVER,
        givenUp: false,
      };
      this.#calls.push(call);
      privacy[kind](peer).then(
        (seq) => this.#made(call, seq),
        (error) => {
          call.givenUp = true;
          const reason = error instanceof ChatError ? error.reason : String(error);
          note(`${asked}: ${reason}`);
          if (!GIVEN_UP.has(reason)) wrong("I13 outcome", `${asked}: ${reason} ${error.message}`);
        },
      );
    });
  }

  /** I7: what is said to be in force is. */
  #made(call: Call, seq: number): void {
    call.answeredMs = this.deps.nowMs();
    this.made++;
    const { kind, peer, atMs, device } = call;
    const { user } = device;
    const { logs, wrong, note } = this.deps;
    const conversation = directId(user, peer);
    const what = `${device.name} was told of its ${kind} of ${conversation} at ${seq}`;
    note(what);
    // Of several at a time, the last one that auth hears of is to be in force.
    const others = this.#calls.filter(
      (one) => one.device.user === user && one.peer === peer && one.answeredMs >= atMs,
    );
    if (others.length > 1) return;
    const log = logs.of(conversation);
    const isBlocking = log?.blocks(user) ?? false;
    // Of one who never was blocked, or not for long enough for the owner to hear of it, it says nothing.
    const place = log?.placeOf(user) || seq;
    if (isBlocking !== (kind === "block")) wrong("I7 durable", `${what}, and it is not in force`);
    else if (seq !== place) wrong("I7 place", `${what}, not ${place}`);
  }

  /** What is not answered or not in force yet. */
  waiting(auth: SimDisk): string | undefined {
    for (const { answeredMs, givenUp, process, device, kind, peer } of this.#calls) {
      if (answeredMs < NEVER || givenUp || !process?.alive) continue;
      return `${device.name} waits for the answer to its ${kind} of ${peer}`;
    }
    const [order] = auth.range("order/", "order0");
    return order && `${order.key} is not in force`;
  }

  /** In the end what auth keeps is what the owner has. */
  check(auth: SimDisk): void {
    const { wrong, logs, users } = this.deps;
    for (const user of users) {
      for (const peer of users) {
        const listed = auth.get(`blocks/${user}/${peer}`) !== undefined;
        const inForce = peer !== user && (logs.of(directId(user, peer))?.blocks(user) ?? false);
        if (listed === inForce) continue;
        const what = `${user} has ${peer} on his list: ${listed}, and blocks him: ${inForce}`;
        wrong("I7 list", what);
      }
    }
  }
}
