import { ClientFrame, ServerFrame } from "../../gen/chat/client/v1/frames.js";
import {
  Codec,
  GatewayBatch,
  type GatewayFrame,
  type Origin,
  ParserBatch,
  type ParserFrame,
} from "../../gen/chat/parser/v1/parser.js";
import {
  ActivityBatch,
  type ActivityFrame,
  PresenceBatch,
  type PresenceFrame,
} from "../../gen/chat/presence/v1/presence.js";
import {
  type Command,
  CommandBatch,
  type CommandFrame,
  EventBatch,
  type EventFrame,
} from "../../gen/chat/session/v1/session.js";
import { linkContract } from "../../lib/contract.js";
import { FakeClock } from "../../lib/fake-clock.js";
import { directId } from "../../lib/ids.js";
import { silentLogger } from "../../lib/log.js";
import { Activity } from "../activity.js";
import { Answers } from "../answers.js";
import { ClientFrames } from "../client-frames.js";
import { Counters } from "../counters.js";
import { GatewayHandler } from "../gateway-handler.js";
import { Gateways } from "../gateways.js";
import { JsonCodec } from "../json.js";
import { PresenceHandler } from "../presence-handler.js";
import { Presences } from "../presences.js";
import { SessionHandler } from "../session-handler.js";
import { Sessions } from "../sessions.js";
import { feed, RecordingLink } from "./recording-link.js";

export const ALICE = "us_000000000000aaaa";
export const BOB = "us_000000000000bbbb";
export const CAROL = "us_000000000000cccc";
export const PHONE = "dv_000000000000phon";
export const CHAT = directId(ALICE, BOB);
export const FOREIGN_CHAT = directId(BOB, CAROL);
export const MESSAGE_ID = "0123abcd-0123-4abc-8def-0123456789ab";
export const GATEWAY = "gw_0000000000000001";

export type ClientKind = NonNullable<ClientFrame["kind"]>;
type Case<U, C> = Extract<U, { $case: C }>;

const parsers = linkContract("chat.parser.v1.Parsers");
const sessionLinks = linkContract("chat.session.v1.Sessions");
const presenceLinks = linkContract("chat.presence.v1.Presences");

export function originOf(fields: Partial<Origin> = {}): Origin {
  return { connection: 7, user: ALICE, device: PHONE, codec: Codec.PROTO, ...fields };
}

/** A parser without a network: the test holds the other end of every link. */
export class TestBench {
  readonly clock = new FakeClock();
  readonly counters = new Counters();
  readonly json = new JsonCodec();
  readonly gateways = new Gateways();
  readonly sessions: Sessions;
  readonly gateway = this.gatewayLink(GATEWAY);
  readonly links: RecordingLink<CommandFrame>[];
  readonly fromGateway: GatewayHandler;
  readonly fromSession: SessionHandler[];
  readonly presences: Presences;
  readonly activity: Activity;
  readonly presenceLinks: RecordingLink<ActivityFrame>[];
  readonly fromPresence: PresenceHandler[];

  constructor(
    instances: readonly string[] = ["session-1"],
    presences: readonly string[] = ["presence-1"],
  ) {
    const { counters, json, gateways } = this;
    const log = silentLogger;
    this.sessions = new Sessions(instances.map((name) => ({ name, address: `local:${name}` })));
    const { sessions } = this;
    const answers = new Answers({ json, counters });
    this.presences = new Presences(presences.map((name) => ({ name, address: `local:${name}` })));
    this.activity = new Activity({ presences: this.presences, counters, clock: this.clock });
    const { activity } = this;
    const clients = new ClientFrames({
      ...{ sessions, presences: this.presences, activity, answers },
      ...{ json, counters, log },
    });
    const deps = { gateways, sessions, clients, activity, answers, counters, log };
    this.fromGateway = new GatewayHandler(deps);
    this.fromSession = sessions.all.map(
      (peer) => new SessionHandler({ peer, several: true, gateways, json, counters, log }),
    );
    this.links = instances.map((name) => this.sessionLink(name));
    this.links.forEach((link, i) => {
      this.fromSession[i]?.up(link);
    });
    this.fromPresence = this.presences.all.map(
      (peer) => new PresenceHandler({ peer, gateways, json, counters, log }),
    );
    this.presenceLinks = presences.map((name) => this.presenceLink(name));
    this.presenceLinks.forEach((link, i) => {
      this.fromPresence[i]?.up(link);
    });
    this.fromGateway.up(this.gateway);
    this.#clear();
  }

  gatewayLink(boot: string): RecordingLink<ParserFrame> {
    const decode = (batch: Buffer) => ParserBatch.decode(batch);
    return new RecordingLink({ instance: "gateway-1", boot }, parsers.down, decode);
  }

  sessionLink(instance: string): RecordingLink<CommandFrame> {
    const decode = (batch: Buffer) => CommandBatch.decode(batch);
    return new RecordingLink({ instance, boot: `bt_${instance}` }, sessionLinks.up, decode);
  }

  presenceLink(instance: string): RecordingLink<ActivityFrame> {
    const decode = (batch: Buffer) => ActivityBatch.decode(batch);
    return new RecordingLink({ instance, boot: `bt_${instance}` }, presenceLinks.up, decode);
  }

  /** The gateway says these. */
  gatewaySays(...kinds: NonNullable<GatewayFrame["kind"]>[]): void {
    const batch = GatewayBatch.encode({ frames: kinds.map((kind) => ({ kind })) }).finish();
    feed(this.fromGateway, this.gateway, batch);
  }

  /** A session instance says these. */
  sessionSays(...kinds: NonNullable<EventFrame["kind"]>[]): void {
    const batch = EventBatch.encode({ frames: kinds.map((kind) => ({ kind })) }).finish();
    feed(
      this.fromSession[0] as SessionHandler,
      this.links[0] as RecordingLink<CommandFrame>,
      batch,
    );
  }

  /** A presence instance says these. */
  presenceSays(...kinds: NonNullable<PresenceFrame["kind"]>[]): void {
    const batch = PresenceBatch.encode({ frames: kinds.map((kind) => ({ kind })) }).finish();
    const [handler] = this.fromPresence;
    const [link] = this.presenceLinks;
    if (handler && link) feed(handler, link, batch);
  }

  /** Users reported as active to one presence instance, at the end of a second. */
  reported(index = 0): string[] {
    this.activity.flush();
    const frames = this.presenceLinks[index]?.take() ?? [];
    return frames.flatMap(({ kind }) => (kind?.$case === "active" ? kind.value.users : []));
  }

  /** A client writes these bytes. */
  clientWrites(data: Uint8Array, origin: Partial<Origin> = {}, traceparent = ""): void {
    const value = { origin: originOf(origin), data: Buffer.from(data), traceparent };
    this.gatewaySays({ $case: "inbound", value });
  }

  /** A client sends this frame, as Protobuf. */
  clientSends(kind: ClientKind, origin: Partial<Origin> = {}): void {
    this.clientWrites(ClientFrame.encode({ kind }).finish(), origin);
  }

  /** The commands that reached one session instance since the last look. */
  commands(index = 0): Command[] {
    const frames = this.links[index]?.take() ?? [];
    return frames.flatMap((frame) =>
      casesOf([frame], frame.kind?.$case === "urgent" ? "urgent" : "command"),
    );
  }

  /** Those that reached the first instance of session or of presence. */
  passed(): Command[] {
    const toPresence = (this.presenceLinks[0]?.take() ?? []).flatMap(({ kind }) =>
      kind?.$case === "command" ? kind.value : [],
    );
    return [...this.commands(), ...toPresence];
  }

  /** The server frames that went out to Protobuf connections, and to JSON ones as they are. */
  answers(): (ServerFrame["kind"] | object)[] {
    return casesOf(this.gateway.take(), "push").map(({ codec, data }) =>
      codec === Codec.JSON ? JSON.parse(data.toString()) : ServerFrame.decode(data).kind,
    );
  }

  #clear(): void {
    this.gateway.takeBytes();
    for (const link of this.links) link.takeBytes();
  }
}

/** The values of all frames of one kind; fails when there are frames of another. */
export function casesOf<K extends { $case: string; value: unknown }, C extends K["$case"]>(
  frames: readonly { kind: K | undefined }[],
  $case: C,
): Case<K, C>["value"][] {
  return frames.map(({ kind }) => {
    if (kind?.$case !== $case) throw new Error(`expected ${$case}, found ${kind?.$case}`);
    return (kind as Case<K, C>).value;
  });
}
