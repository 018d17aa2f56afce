import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { Clock } from "../clock.js";
import { RpcError } from "../errors.js";
import type { Logger } from "../log.js";
import type { CallContext, Definition, Handlers } from "./network.js";
import { Scope } from "./scope.js";

/** How long a stopping server waits for its unary calls. */
export const STOP_GRACE_MS = 1_000;

type Method = Definition[string];
type UnaryHandler = (request: unknown, context: CallContext) => Promise<unknown>;
type StreamHandler = (request: unknown, context: CallContext) => AsyncIterable<unknown>;

/** One RPC that is served. */
export interface Served {
  readonly method: Method;
  readonly handler: UnaryHandler | StreamHandler;
}

/**
 * The unary and server-streaming RPCs of one server: runs handlers, and turns their failures into
 * RpcErrors.
 */
export class Calls {
  readonly #served = new Map<string, Served>();
  readonly #streamsStop = new AbortController();
  readonly #unariesStop = new AbortController();
  #running = 0;
  #idle: (() => void) | undefined;

  constructor(readonly deps: { readonly clock: Clock; readonly log: Logger }) {}

  /** Adds a service; its links are left out. Returns what was added. */
  add<D extends Definition>(definition: D, handlers: Handlers<D>): Served[] {
    const added: Served[] = [];
    for (const [name, method] of Object.entries(definition)) {
      if (method.requestStream) continue;
      const handler = (handlers as Record<string, UnaryHandler | StreamHandler>)[name];
      if (!handler) throw new Error(`${method.path} has no handler`);
      const served = { method, handler: handler.bind(handlers) as UnaryHandler | StreamHandler };
      this.#served.set(method.path, served);
      added.push(served);
    }
    return added;
  }

  /**
   * Runs a unary RPC. Rejects with RpcError only. `gone` fires when the caller does not wait any
   * more.
   */
  async unary(path: string, request: unknown, gone: AbortSignal): Promise<unknown> {
    const handler = this.#handler(path) as UnaryHandler;
    const scope = new Scope()
      .failOn(gone, "the caller is gone")
      .failOn(this.#unariesStop.signal, "the server is stopping");
    this.#running++;
    try {
      return await scope.race(Promise.resolve(handler(request, { signal: scope.signal })));
    } catch (error) {
      throw this.#expected(path, error);
    } finally {
      scope.dispose();
      this.#running--;
      if (this.#running === 0) this.#idle?.();
    }
  }

  /**
   * Runs a server-streaming RPC. Fails with RpcError only; leaving the iteration ends the
   * handler's.
   */
  async *stream(path: string, request: unknown, gone: AbortSignal): AsyncGenerator<unknown> {
    const handler = this.#handler(path) as StreamHandler;
    const over = new AbortController();
    const scope = new Scope()
      .failOn(gone, "the caller is gone")
      .failOn(over.signal, "the caller is gone")
      .failOn(this.#streamsStop.signal, "the server is stopping");
    let answers: AsyncIterator<unknown> | undefined;
    try {
      answers = handler(request, { signal: scope.signal })[Symbol.asyncIterator]();
      for (;;) {
        const step = await scope.race(answers.next());
        if (step.done) return;
        yield step.value;
      }
    } catch (error) {
      throw this.#expected(path, error);
    } finally {
      over.abort();
      scope.dispose();
      // Not awaited: a handler that is stuck must not keep the caller.
      answers?.return?.()?.catch(() => undefined);
    }
  }

  /** Ends all calls: streams at once, unary ones after a grace. */
  async stop(): Promise<void> {
    this.#streamsStop.abort();
    if (this.#running > 0) {
      const idle = new Promise<void>((resolve) => (this.#idle = resolve));
      const timer = this.deps.clock.after(STOP_GRACE_MS, () => this.#unariesStop.abort());
      await idle;
      timer.cancel();
    }
    this.#unariesStop.abort();
  }

  #handler(path: string): Served["handler"] {
    const served = this.#served.get(path);
    if (!served) throw new RpcError(ErrorReason.INTERNAL, `${path} is not served here`);
    return served.handler;
  }

  #expected(path: string, error: unknown): RpcError {
    if (error instanceof RpcError) return error;
    this.deps.log.error({ path, err: error }, "a call failed unexpectedly");
    return new RpcError(ErrorReason.INTERNAL, "internal error");
  }
}
