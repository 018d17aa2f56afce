import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../../lib/errors.js";
import type { Caller, Method } from "../../lib/rpc/client.js";
import type { CallOptions } from "../../lib/rpc/network.js";
import type { NetworkModel } from "./network-model.js";
import type { SimServer } from "./sim-network.js";
import type { SimProcess } from "./sim-process.js";

const LOOK_AGAIN_MS = 100;

/** Calls from one simulated process to another: they travel, and what nobody answers ends with the deadline. */
export class SimCaller implements Caller {
  readonly #open = new Set<(why: string) => void>();

  constructor(
    readonly model: NetworkModel,
    readonly process: SimProcess,
    readonly address: string,
  ) {}

  unary(method: Method, request: unknown, options: CallOptions): Promise<unknown> {
    const { process, model } = this;
    return new Promise((resolve, reject) => {
      const gone = this.#scope(options, (why) => reject(new RpcError(ErrorReason.BUSY, why)));
      this.#reach(gone.signal, (server) => {
        const answer = server.calls.unary(method.path, copied(method, request), gone.signal);
        const reply = (settle: () => void) => {
          const delayMs = model.latencyMs(server.process.name, process.name);
          model.scheduler.after(delayMs, process, "answer", () => {
            if (model.blockedUntil(server.process.name, process.name) > model.nowMs) {
              process.clock.after(LOOK_AGAIN_MS, () => reply(settle));
              return;
            }
            gone.done();
            settle();
          });
        };
        answer.then(
          (value) => reply(() => resolve(value)),
          (error) => reply(() => reject(error)),
        );
      });
    });
  }

  async *stream(method: Method, request: unknown, options: CallOptions): AsyncGenerator<unknown> {
    const { process, model } = this;
    const items: (() => unknown)[] = [];
    let wake = () => {};
    const give = (item: () => unknown) => {
      items.push(item);
      wake();
    };
    const fail = (error: unknown) => () => {
      throw error;
    };
    const gone = this.#scope(options, (why) => give(fail(new RpcError(ErrorReason.BUSY, why))));
    this.#reach(gone.signal, (server) => {
      const send = (item: () => unknown) => {
        const delayMs = model.latencyMs(server.process.name, process.name);
        model.scheduler.after(delayMs, process, "item", () => give(item));
      };
      const pump = async () => {
        const answers = server.calls.stream(method.path, copied(method, request), gone.signal);
        for await (const item of answers) send(() => item);
        send(() => END);
      };
      pump().catch((error) => send(fail(error)));
    });
    try {
      for (;;) {
        const next = items.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        const item = next();
        if (item === END) return;
        yield item;
      }
    } finally {
      gone.done();
    }
  }

  close(): void {
    for (const end of this.#open) end("the client is closed");
  }

  /** What ends the call early; `fail` hears why, once. */
  #scope(options: CallOptions, fail: (why: string) => void) {
    const over = new AbortController();
    const done = () => {
      timer?.cancel();
      this.#open.delete(end);
      options.signal?.removeEventListener("abort", givenUp);
    };
    const end = (why: string) => {
      if (over.signal.aborted) return;
      done();
      over.abort(why);
      fail(why);
    };
    this.#open.add(end);
    const givenUp = () => end("the call was given up");
    options.signal?.addEventListener("abort", givenUp, { once: true });
    const { deadlineMs } = options;
    const timer =
      deadlineMs === undefined
        ? undefined
        : this.process.clock.after(deadlineMs, () => end("the deadline has passed"));
    return { signal: over.signal, done };
  }

  /** Runs `call` in the process that serves, as soon as there is one to be reached. */
  #reach(gone: AbortSignal, call: (server: SimServer) => void): void {
    const { model, process, address } = this;
    const to = model.owners.get(address) ?? address;
    model.scheduler.after(model.latencyMs(process.name, to), process, "call", () => {
      if (gone.aborted) return;
      const server = model.listeners.get(address) as SimServer | undefined;
      const blockedMs = Math.max(
        model.blockedUntil(process.name, to),
        model.blockedUntil(to, process.name),
      );
      if (server?.process.alive && blockedMs <= model.nowMs) {
        server.process.start("called", () => call(server));
      } else {
        process.clock.after(LOOK_AGAIN_MS, () => this.#reach(gone, call));
      }
    });
  }
}

const END = Symbol("the end of a stream of answers");

/** As it arrives: nothing is shared between processes. */
function copied(method: Method, request: unknown): unknown {
  return method.requestDeserialize(method.requestSerialize(request));
}
