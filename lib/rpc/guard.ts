import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError, reasons } from "../errors.js";
import type { Logger } from "../log.js";
import { StoreError } from "../store/kv.js";

export interface GuardDeps {
  readonly log: Logger;
  readonly events: { refused(rpc: string, reason: string): void };
  /** What is kept in the store, for the sentence that it cannot be reached. */
  readonly keeps: string;
}

/** What a caller gets for any failure: an RpcError, without the text of what lies below. */
export function createGuard({ log, events, keeps }: GuardDeps) {
  function translate(rpc: string, error: unknown): RpcError {
    const failure = toRpcError(error, keeps);
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

function toRpcError(error: unknown, keeps: string): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof StoreError) {
    return new RpcError(ErrorReason.BUSY, `${keeps} cannot be reached now, try again soon`, 1000);
  }
  return new RpcError(ErrorReason.INTERNAL, "something went wrong here, trying again may help");
}
