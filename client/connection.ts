import { reconnectDelay } from "./backoff.js";
import type { Timer } from "./clock.js";
import { type AfterClose, afterClose, retryAfterMs } from "./close-codes.js";
import type { Received } from "./codec.js";
import type { FrameKind } from "./effects.js";
import { ChatError } from "./errors.js";
import type { ConnectionEvent, StopReason } from "./events.js";
import { Line, type LineDeps } from "./line.js";
import type { SocketEnd } from "./socket.js";
import { timings } from "./timings.js";

export interface ConnectionDeps extends LineDeps {
  /** `ws(s)://…/v1/ws`, without the query. */
  url: string;
  /** A number in [0, 1). */
  fraction(): number;
  tokens: { current(): Promise<string>; refresh(): Promise<void> };
  /** Raises the connect counter, durably, and gives its new value. */
  nextConnect(): Promise<number>;
  /** A connection is up and takes frames; `connect` is its counter. */
  up(connect: number): void;
  down(): void;
  frame(kind: Received): void;
  state(event: ConnectionEvent): void;
}

/**
 * Keeps one connection up: opens, reconnects with jittered back-off as the close codes say, and on
 * Draining opens the successor before it drops the old one.
 */
export class Connection {
  private current: Line | undefined;
  /** The line being opened; while there is one, the end of `current` decides nothing. */
  private candidate: Line | undefined;
  private attempting = false;
  private attempts = 0;
  private openedAt = 0;
  private mustRefresh = false;
  private stopped = false;
  private retry: Timer | undefined;

  constructor(private readonly deps: ConnectionDeps) {}

  start(): void {
    this.deps.state({ state: "connecting" });
    void this.attempt();
  }

  /** Goes out on the present connection, or nowhere: lost frames are repeated by their senders. */
  send(kind: FrameKind): void {
    this.current?.send(kind);
  }

  stop(reason: StopReason, why: string): void {
    if (this.stopped) return;
    this.stopped = true;
    this.retry?.cancel();
    this.candidate?.drop();
    this.candidate = undefined;
    this.hangUp();
    this.deps.state({ state: "stopped", reason, why });
  }

  private async attempt(): Promise<void> {
    if (this.stopped || this.attempting) return;
    this.attempting = true;
    try {
      if (this.mustRefresh) await this.deps.tokens.refresh();
      this.mustRefresh = false;
      const token = await this.deps.tokens.current();
      const connect = await this.deps.nextConnect();
      if (!this.stopped) this.open(token, connect);
    } catch (error) {
      this.attempting = false;
      this.attemptFailed(error);
    }
  }

  private open(token: string, connect: number): void {
    const url = `${this.deps.url}?connect=${connect}`;
    const request = { url, subprotocol: this.deps.codec.subprotocol, token };
    const line = new Line(this.deps, request, {
      open: () => this.opened(line, connect),
      frame: (kind) => this.frame(line, kind),
      end: (end) => this.ended(line, end),
    });
    this.candidate = line;
  }

  private opened(line: Line, connect: number): void {
    this.attempting = false;
    this.candidate = undefined;
    this.hangUp();
    this.current = line;
    this.openedAt = this.deps.clock.nowMs();
    this.deps.state({ state: "online" });
    this.deps.up(connect);
  }

  private frame(line: Line, kind: Received): void {
    if (line !== this.current) return;
    if (kind.$case === "draining") {
      this.later(Math.min(kind.value.delayMs, 300_000));
    } else {
      this.deps.frame(kind);
    }
  }

  private ended(line: Line, end: SocketEnd): void {
    if (line === this.candidate) {
      this.candidate = undefined;
      this.attempting = false;
      if (this.current === undefined) this.react(end, false);
      else this.later(this.nextDelay());
      return;
    }
    const life = this.deps.clock.nowMs() - this.openedAt;
    if (life >= timings.reconnectStableMs) this.attempts = 0;
    this.hangUp();
    // The successor is on its way, and the server may have closed this one because of it.
    if (!this.attempting) this.react(end, true);
  }

  private react(end: SocketEnd, wasOpen: boolean): void {
    const next = end.unauthorized ? REFUSED : afterClose(end.code);
    if (next.action === "stop") {
      this.stop(next.reason, next.why);
      return;
    }
    // A browser does not say why an upgrade was refused; an outdated token is worth a try.
    const blind = !wasOpen && end.unauthorized === undefined && this.attempts % 4 === 3;
    if (next.action === "refresh" || blind) this.mustRefresh = true;
    const why = end.code === 1006 && end.reason !== "" ? end.reason : next.why;
    this.wait(retryAfterMs(end.reason) ?? this.nextDelay(), why);
  }

  private attemptFailed(error: unknown): void {
    if (this.stopped) return;
    const known = error instanceof ChatError ? error : undefined;
    if (known?.reason === "UNAUTHENTICATED") {
      this.stop("logged-out", "this device was logged out; log in again");
      return;
    }
    if (known?.reason === "STORE") {
      this.stop("store", known.message);
      return;
    }
    const delay = Math.max(this.nextDelay(), known?.retryAfterMs ?? 0);
    if (this.current !== undefined) this.later(delay);
    else this.wait(delay, known?.message ?? String(error));
  }

  private wait(delayMs: number, why: string): void {
    this.deps.state({ state: "waiting", retryInMs: delayMs, why });
    this.later(delayMs);
  }

  private later(delayMs: number): void {
    this.retry?.cancel();
    this.retry = this.deps.clock.after(delayMs, () => {
      if (this.current === undefined) this.deps.state({ state: "connecting" });
      void this.attempt();
    });
  }

  private nextDelay(): number {
    return reconnectDelay(this.attempts++, this.deps.fraction());
  }

  private hangUp(): void {
    if (this.current === undefined) return;
    this.current.drop();
    this.current = undefined;
    this.deps.down();
  }
}

const REFUSED: AfterClose = { action: "refresh", why: "the server refused the access token" };
