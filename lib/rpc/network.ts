import type { Dialer, LinkContract, LinkHandler } from "../link/link.js";
import type { LinkMeters } from "../link/meter.js";

/**
 * How the services of one process reach each other and the rest of the mesh. An address is
 * `local:<name>` (same process, no gRPC), `unix:<path>` or `<host>:<port>` (gRPC). The same module
 * code runs on all three: only the address in its config differs.
 */
export interface Network {
  /** Counts and queues of all links of this process, for metrics. */
  readonly meters: LinkMeters;
  /** A server that is not listening yet. */
  server(address: string): RpcServer;
  /** Dials a link and keeps it: when it breaks it is dialled again, with jittered back-off. */
  dial(address: string, contract: LinkContract, handler: LinkHandler): Dialer;
  /** A typed client of the unary and server-streaming RPCs of a service. */
  client<D extends Definition>(address: string, definition: D, defaults: CallOptions): RpcClient<D>;
}

/**
 * One address and what is served there; health and reflection come by themselves on gRPC addresses.
 */
export interface RpcServer {
  /** Where it is reached; once started, with the port that was bound if 0 was asked for. */
  readonly address: string;
  /** Serves a link; `accept` is called for each stream and gives the handler of that link. */
  link(contract: LinkContract, accept: () => LinkHandler): void;
  /** Serves the unary and server-streaming RPCs of a service; its links are left to `link`. */
  service<D extends Definition>(definition: D, handlers: Handlers<D>): void;
  /**
   * Listens. Rejects with one clear sentence when the address cannot be used. Health says SERVING
   * from here on.
   */
  start(): Promise<void>;
  /** Health says NOT_SERVING and every link is told `Draining`. */
  drain(delayMs: number): void;
  /** Ends all links and calls, and frees the address. */
  stop(): Promise<void>;
}

/** A service definition as ts-proto emits it with `outputServices=grpc-js`. */
export type Definition = Record<string, Method>;

interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: each method has its own message types; they are recovered below.
  readonly requestSerialize: (value: any) => Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly requestDeserialize: (value: Buffer) => any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly responseSerialize: (value: any) => Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly responseDeserialize: (value: Buffer) => any;
}

type Request<M extends Method> = ReturnType<M["requestDeserialize"]>;
type Response<M extends Method> = ReturnType<M["responseDeserialize"]>;
type UnaryKeys<D extends Definition> = {
  [K in keyof D]: D[K] extends { requestStream: false; responseStream: false } ? K : never;
}[keyof D];
type StreamKeys<D extends Definition> = {
  [K in keyof D]: D[K] extends { requestStream: false; responseStream: true } ? K : never;
}[keyof D];

export interface CallOptions {
  /** Budget of the call; a unary call has one always. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What a handler may know about its call. `signal` fires when the caller is gone or the deadline
 * has passed.
 */
export interface CallContext {
  readonly signal: AbortSignal;
}

/**
 * Promise client: failures are RpcError (lib/errors.ts) with a reason. A call to a peer that is not
 * there, because it is starting or started again, waits for it until its deadline, then it is BUSY.
 */
export type RpcClient<D extends Definition> = {
  [K in UnaryKeys<D>]: (request: Request<D[K]>, options?: CallOptions) => Promise<Response<D[K]>>;
} & {
  [K in StreamKeys<D>]: (
    request: Request<D[K]>,
    options?: CallOptions,
  ) => AsyncIterable<Response<D[K]>>;
} & { close(): void };

/**
 * Handlers throw RpcError for expected failures; anything else becomes INTERNAL and is logged,
 * without its text leaving.
 */
export type Handlers<D extends Definition> = {
  [K in UnaryKeys<D>]: (request: Request<D[K]>, context: CallContext) => Promise<Response<D[K]>>;
} & {
  [K in StreamKeys<D>]: (
    request: Request<D[K]>,
    context: CallContext,
  ) => AsyncIterable<Response<D[K]>>;
};
