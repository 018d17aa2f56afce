import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../errors.js";
import { onAbort } from "../on-abort.js";
import { type Caller, DEADLINE_DEFAULT_MS, type Method } from "./client.js";
import { channelOptions } from "./grpc-options.js";
import { rpcErrorOf } from "./grpc-status.js";
import type { CallOptions } from "./network.js";

/** Calls over one gRPC channel, which connects again by itself. */
export class GrpcCaller implements Caller {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), channelOptions);
  }

  unary(method: Method, request: unknown, options: CallOptions): Promise<unknown> {
    const { signal, deadlineMs = DEADLINE_DEFAULT_MS } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(givenUp());
        return;
      }
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        patient(),
        { deadline: Date.now() + deadlineMs },
        (error, response) => {
          forget?.();
          if (!error) resolve(response);
          else reject(signal?.aborted ? givenUp() : rpcErrorOf(error));
        },
      );
      const forget = signal && onAbort(signal, () => call.cancel());
    });
  }

  async *stream(method: Method, request: unknown, options: CallOptions): AsyncGenerator<unknown> {
    const { signal, deadlineMs } = options;
    if (signal?.aborted) throw givenUp();
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      patient(),
      deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
    );
    // The loop below sees errors; but one that comes after it must not end the process.
    call.on("error", () => undefined);
    const forget = signal && onAbort(signal, () => call.cancel());
    try {
      for await (const response of call) yield response;
    } catch (error) {
      throw signal?.aborted ? givenUp() : rpcErrorOf(error);
    } finally {
      forget?.();
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }
}

function givenUp(): RpcError {
  return new RpcError(ErrorReason.BUSY, "the call was given up");
}

/**
 * A call to a peer that is starting, or is being started again, waits for it as long as its
 * deadline lets it.
 */
function patient(): Metadata {
  return new Metadata({ waitForReady: true });
}
