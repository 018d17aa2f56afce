import { directId } from "../../../client/ids.js";
import { DeadLettersService, ReplayOutcome } from "../../../gen/chat/session/v1/session.js";
import type { Device } from "../device.js";
import type { Act, Plan } from "../plan.js";
import { Random } from "../random.js";
import { SimNetwork } from "../sim-network.js";
import { SimProcess } from "../sim-process.js";
import { World } from "../world.js";
import type { Drops } from "./drops.js";
import { type Line, Stranger } from "./stranger.js";

const REST_MS = 74_000;
const NEW_DEVICE_MS = 22_000;
/** When the operator begins to send the parked entry again. */
const REPLAY_MS = 30_000;
const OPERATOR_MS = 3_000;
const GROUP = "gr_0123456789abcdef";

/** A run in which every kind of frame of the contract is sent by somebody who has a reason to. */
export class Scenario {
  readonly world: World;
  readonly stranger: Stranger;
  /** The parked entry was shown in the end. */
  replayed = false;
  readonly #random: Random;

  constructor(seed: number, drops: Drops) {
    this.world = new World(planOf(seed), drops);
    this.#random = new Random(`stranger ${seed}`);
    const { scheduler, model, devices } = this.world;
    this.stranger = new Stranger({
      name: "device-9",
      user: (devices[3] as Device).user,
      refused: (devices[0] as Device).user,
      scheduler,
      model,
      random: this.#random,
      gateway: (connect) => `gateway-${connect === 1 ? 1 : 2}`,
    });
    const [first, , second] = devices as Device[];
    const at = (atMs: number, run: () => void) => scheduler.at(atMs, undefined, "stranger", run);
    at(1_000, () => this.stranger.start(this.#questions((first as Device).user)));
    // The session cannot ask auth for a new peer now: Busy.
    at(31_000, () => this.stranger.add([this.#sending((second as Device).user, 1)]));
    at(REPLAY_MS, () => this.#operate(directId((first as Device).user, this.stranger.deps.user)));
    at(46_500, () => this.stranger.process.start("again", () => this.stranger.connect()));
  }

  /** The operator sends the first parked entry again, and again until it is shown. */
  #operate(conversation: string): void {
    const { scheduler, model } = this.world;
    const process = new SimProcess("operator", scheduler, this.#random.fork("operator"));
    const network = new SimNetwork(model, process, "bt_operator00000000");
    const options = { deadlineMs: OPERATOR_MS };
    const session = network.client("local:admin", DeadLettersService, options);
    const again = () => process.clock.after(OPERATOR_MS, () => process.start("replay", replay));
    const replay = async () => {
      const list = session.listDeadLetters({ conversation, after: "", limit: 1 });
      const { deadLetters } = await list.catch(() => ({ deadLetters: [] }));
      const { seq, device } = deadLetters[0] ?? {};
      if (seq === undefined || device === undefined) return again();
      const { outcome } = await session
        .replayDeadLetter({ conversation, seq, device })
        .catch(() => ({ outcome: undefined }));
      if (outcome === ReplayOutcome.REPLACED) this.replayed = true;
      else again();
    };
    process.start("replay", replay);
  }

  #questions(peer: string): Line[] {
    const conversation = directId(this.stranger.deps.user, peer);
    const other = (number: number) => this.#send(conversation, number, "x");
    const request = { request: 7, conversation };
    const answers = (kind: string) => (answer: { readonly $case: string }) => answer.$case === kind;
    return [
      { say: { $case: "ping", value: { nonce: 1 } }, until: answers("pong") },
      this.#sending(peer, 1),
      { say: other(1), until: answers("conflict") },
      { say: other(5), until: answers("outOfOrder") },
      // Refused by the owner, then by the parser.
      { say: this.#send(GROUP, 1, "x"), until: answers("rejected") },
      { say: this.#send(conversation, 2, ""), until: answers("rejected") },
      { say: { $case: "getLastNumber", value: request }, until: answers("lastNumber") },
      {
        say: {
          $case: "fetchHistory",
          value: { ...request, conversation: GROUP, before: 0, limit: 5 },
        },
        until: (answer) => answer.$case === "failed" && answer.value.request === request.request,
      },
    ];
  }

  /** A good message, which the others will see. */
  #sending(peer: string, number: number): Line {
    const { history } = this.world;
    const { deps } = this.stranger;
    const text = `${deps.name}#${peer}`;
    const say = this.#send(directId(deps.user, peer), number, text);
    const { clientMessageId } = say.value;
    const sending = history.sending(
      { ...deps } as unknown as Device,
      directId(deps.user, peer),
      text,
    );
    return {
      say,
      until: (answer) => {
        if (answer.$case !== "sent" || answer.value.clientMessageId !== clientMessageId)
          return false;
        history.kept(sending, clientMessageId);
        return true;
      },
    };
  }

  #send(conversation: string, number: number, text: string) {
    const clientMessageId = this.#random.uuid();
    const content = { kind: { $case: "text" as const, value: { text } } };
    const value = { conversation, clientMessageId, number, content, acked: 0, automatic: false };
    return { $case: "send" as const, value };
  }
}

function planOf(seed: number): Plan {
  const random = new Random(`drops ${seed}`);
  return {
    seed,
    users: 3,
    devices: [
      { user: 0, json: false, firstMs: 0 },
      { user: 0, json: true, firstMs: 0 },
      { user: 1, json: false, firstMs: 0 },
      { user: 2, json: true, firstMs: 0 },
      { user: 1, json: false, firstMs: NEW_DEVICE_MS },
    ],
    parsers: 2,
    gateways: 2,
    groups: 1,
    presence: true,
    weather: { latencyMs: random.between(10, 30), spikes: 0, spikeMs: 0 },
    disk: { readMs: 0.2, syncMs: 2 },
    attentionMs: 60_000,
    cursorFlushMs: 5_000,
    bufferBytes: 4_096,
    receiptsFlushMs: 0,
    conversationsMax: 100,
    restMs: REST_MS,
    acts: acts().sort((a, b) => a.atMs - b.atMs),
  };
}

function acts(): Act[] {
  const send = (atMs: number, device: number, peer: number, size = 40): Act => {
    return { atMs, kind: "send", device, peer, size };
  };
  const each = (count: number, make: (i: number) => Act) =>
    Array.from({ length: count }, (_, i) => make(i));
  return [
    ...each(8, (i) => send(2_000 + 1_500 * i, 0, 1)),
    ...each(5, (i) => send(2_500 + 2_000 * i, 2, 0)),
    ...each(4, (i) => send(3_000 + 2_500 * i, 3, 0)),
    ...each(4, (i) => ({ atMs: 4_000 + 3_000 * i, kind: "read", device: i % 3 })),
    ...each(2, (i) => ({ atMs: 6_000 + 12_000 * i, kind: "ask", device: i })),
    // What a user does by a call is activity, too.
    {
      atMs: 13_000,
      kind: "group change",
      group: 0,
      device: 2,
      wish: { kind: "create", users: [0] },
    },
    // The stranger does not take this one in.
    send(14_000, 0, 2),
    // The new device comes twice: what it did not confirm is told again.
    send(26_000, 0, 1),
    { atMs: 26_500, kind: "read", device: 2 },
    { atMs: 27_000, kind: "offline", device: 4, forMs: 1_000, silent: false },
    { atMs: 30_500, kind: "partition", from: "session", to: "auth", forMs: 6_000, oneWay: false },
    // Whoever owns conversations anew asks receipts for their cursors.
    { atMs: 43_000, kind: "restart", module: "session", forMs: 10 },
    { atMs: 44_500, kind: "offline", device: 3, forMs: 500, silent: false },
    // More than a slow reader takes.
    { atMs: 48_000, kind: "slow reader", device: 1, forMs: 5_000, rate: 1 },
    ...each(8, (i) => send(48_100 + 100 * i, 2, 0, 3_000)),
    // Pushes are on their way to a device that goes.
    ...each(30, (i) => send(58_500 + 10 * i, 0, 1)),
    { atMs: 58_650, kind: "kill device", device: 2, forMs: 3_000, silent: false },
    { atMs: 63_000, kind: "restart", module: "gateway-2", forMs: 3_000 },
  ];
}
