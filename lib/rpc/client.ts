import type { CallOptions, Definition, RpcClient } from "./network.js";

/** Deadline of a unary call that states none. */
export const DEADLINE_DEFAULT_MS = 5_000;

export type Method = Definition[string];

/** How calls leave: one implementation per transport. Failures are RpcErrors. */
export interface Caller {
  unary(method: Method, request: unknown, options: CallOptions): Promise<unknown>;
  stream(method: Method, request: unknown, options: CallOptions): AsyncIterable<unknown>;
  close(): void;
}

/** The typed client of a definition on top of a caller. */
export function clientOf<D extends Definition>(
  definition: D,
  caller: Caller,
  defaults: CallOptions,
): RpcClient<D> {
  const client: Record<string, unknown> = { close: () => caller.close() };
  for (const [name, method] of Object.entries(definition)) {
    if (method.requestStream) continue;
    client[name] = method.responseStream
      ? (request: unknown, options?: CallOptions) =>
          caller.stream(method, request, { signal: defaults.signal, ...options })
      : (request: unknown, options?: CallOptions) =>
          caller.unary(method, request, {
            ...defaults,
            ...options,
            deadlineMs: options?.deadlineMs ?? defaults.deadlineMs ?? DEADLINE_DEFAULT_MS,
          });
  }
  return client as RpcClient<D>;
}
