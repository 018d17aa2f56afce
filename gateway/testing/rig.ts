import { Close, Codec, Push } from "../../gen/chat/parser/v1/parser.js";
import { FakeClock } from "../../lib/fake-clock.js";
import { type GatewayConfig, readGatewayConfig } from "../config.js";
import type { Connection, Ticket } from "../connection.js";
import { Edge } from "../edge.js";
import type { Seat } from "../upgrades.js";
import { FakeLink, receive } from "./fake-link.js";
import { FakeSocket } from "./fake-socket.js";

export const USER = "us_000000000000000a";
export const DEVICE = "dv_000000000000000a";

/** One accepted connection as tests see it. */
export interface Client {
  readonly seat: Seat;
  readonly socket: FakeSocket;
  readonly connection: Connection;
}

/** The edge between fake sockets and fake links, on a clock and an event loop that the test moves. */
export class Rig {
  readonly clock = new FakeClock();
  readonly edge: Edge;
  readonly link = new FakeLink();
  #laters: (() => void)[] = [];

  constructor(config: Partial<GatewayConfig> = {}) {
    this.edge = new Edge({
      config: { ...readGatewayConfig({}), ...config },
      clock: this.clock,
      random: () => 0.5,
      later: (run) => void this.#laters.push(run),
    });
  }

  /** Brings the link up and lets the first roster pass. */
  up(link = this.link): this {
    this.edge.up(link);
    this.settle();
    link.take();
    return this;
  }

  connect(ticket: Partial<Ticket> = {}): Client {
    const seat: Seat = {
      ticket: {
        user: USER,
        device: DEVICE,
        expiresMs: this.clock.wallMs() + 600_000,
        codec: Codec.PROTO,
        connect: 1,
        ...ticket,
      },
      connection: undefined,
    };
    const socket = new FakeSocket();
    socket.closed = () => this.edge.closed(seat);
    this.edge.open(seat, socket);
    return { seat, socket, connection: seat.connection as unknown as Connection };
  }

  /** One iteration of the event loop. */
  tick(): boolean {
    const due = this.#laters;
    this.#laters = [];
    for (const run of due) run();
    return this.#laters.length > 0;
  }

  settle(): void {
    while (this.tick());
  }

  /** Pushes from the parser in one batch. */
  push(...pushes: { to: readonly number[]; data: string; codec?: Codec }[]): void {
    const frames = pushes.map(({ to, data, codec = Codec.PROTO }) => ({
      kind: 2,
      body: Push.encode({ connections: [...to], data: Buffer.from(data), codec }).finish(),
    }));
    receive(this.edge, this.link, frames);
  }

  close(connection: number, code: number, reason = ""): void {
    const body = Close.encode({ connection, code, reason }).finish();
    receive(this.edge, this.link, [{ kind: 3, body }]);
  }
}
