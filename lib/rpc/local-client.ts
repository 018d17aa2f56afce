import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { Clock } from "../clock.js";
import { RpcError } from "../errors.js";
import { onAbort } from "../on-abort.js";
import type { Caller, Method } from "./client.js";
import type { LocalServers } from "./local-servers.js";
import { LocalStream } from "./local-stream.js";
import type { CallOptions } from "./network.js";

/** A stream to a local address; it is lost when nobody serves there. */
export function dialLocal(servers: LocalServers, address: string, path: string): LocalStream {
  const stream: LocalStream = new LocalStream(() => {
    setImmediate(() => {
      const server = servers.get(address);
      if (server) server.join(path, stream);
      else stream.lose(`nobody serves ${address}`);
    });
  });
  return stream;
}

/** Calls handlers in this process directly: same outcomes as over gRPC, nothing encoded. */
export class LocalCaller implements Caller {
  readonly #closed = new AbortController();

  constructor(
    readonly deps: {
      readonly address: string;
      readonly servers: LocalServers;
      readonly clock: Clock;
    },
  ) {}

  async unary(method: Method, request: unknown, options: CallOptions): Promise<unknown> {
    const { servers, address } = this.deps;
    const budget = this.#budget(options);
    try {
      const server = await servers.find(address, budget.signal);
      return await server.calls.unary(method.path, request, budget.signal);
    } catch (error) {
      throw budget.explain(error);
    } finally {
      budget.free();
    }
  }

  async *stream(method: Method, request: unknown, options: CallOptions): AsyncGenerator<unknown> {
    const { servers, address } = this.deps;
    const budget = this.#budget(options);
    try {
      const server = await servers.find(address, budget.signal);
      yield* server.calls.stream(method.path, request, budget.signal);
    } catch (error) {
      throw budget.explain(error);
    } finally {
      budget.free();
    }
  }

  close(): void {
    this.#closed.abort("the client is closed");
  }

  /** One signal for all that ends the call early, with the reason as text. */
  #budget(options: CallOptions) {
    const over = new AbortController();
    const giveUp = () => over.abort("the call was given up");
    const close = () => over.abort("the client is closed");
    if (options.signal?.aborted) giveUp();
    if (this.#closed.signal.aborted) close();
    const forget = [onAbort(this.#closed.signal, close)];
    if (options.signal) forget.push(onAbort(options.signal, giveUp));
    const timer =
      options.deadlineMs === undefined
        ? undefined
        : this.deps.clock.after(options.deadlineMs, () => over.abort("the deadline has passed"));
    return {
      signal: over.signal,
      explain: (error: unknown) =>
        over.signal.aborted ? new RpcError(ErrorReason.BUSY, String(over.signal.reason)) : error,
      free: () => {
        timer?.cancel();
        for (const one of forget) one();
      },
    };
  }
}
