import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError, reasons } from "../lib/errors.js";
import type { Logger } from "../lib/log.js";
import { StoreError } from "../lib/store/kv.js";
import type { AuthEvents } from "./events.js";

export interface GuardDeps {
  readonly log: Logger;
  readonly events: Pick<AuthEvents, "refused">;
}

/** What a caller gets for any failure: an RpcError, without the text of what lies below. */
export function createGuard({ log, events }: GuardDeps) {
  function translate(rpc: string, error: unknown): RpcError {
    const failure = toRpcError(error);
    if (failure !== error) log.error({ rpc, err: error }, "failed");
    events.refused(rpc, reasons[failure.reason]?.name ?? "INTERNAL");
    return failure;
  }

  return {
    unary<Q, C, R>(rpc: string, handler: (request: Q, context: C) => Promise<R>) {
      return async (request: Q, context: C): Promise<R> => {
        try {
          return await handler(request, context);
        } catch (error) {
          throw translate(rpc, error);
        }
      };
    },

    stream<Q, C, R>(rpc: string, handler: (request: Q, context: C) => AsyncIterable<R>) {
      return async function* (request: Q, context: C): AsyncGenerator<R> {
        try {
          yield* handler(request, context);
        } catch (error) {
          throw translate(rpc, error);
        }
      };
    },
  };
}

function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof StoreError) {
    return new RpcError(ErrorReason.BUSY, "accounts cannot be reached now, try again soon", 1000);
  }
  return new RpcError(ErrorReason.INTERNAL, "something went wrong here, trying again may help");
}
