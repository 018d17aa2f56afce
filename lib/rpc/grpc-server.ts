import {
  Server,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type { RpcError } from "../errors.js";
import type { LinkContract, LinkHandler } from "../link/link.js";
import { AcceptedStream } from "./accepted-stream.js";
import { Acceptor, type AcceptorDeps } from "./acceptor.js";
import { Calls, type Served, STOP_GRACE_MS } from "./calls.js";
import { asIs, grpcOptions } from "./grpc-options.js";
import { statusOf } from "./grpc-status.js";
import { Introspection } from "./introspection.js";
import { listen } from "./listen.js";
import type { Definition, Handlers, RpcServer } from "./network.js";

type UnaryCall = ServerUnaryCall<unknown, unknown>;
type StreamCall = ServerWritableStream<unknown, unknown>;

/** A gRPC server on one address, with health and reflection. */
export class GrpcServer implements RpcServer {
  address: string;
  readonly #deps: AcceptorDeps;
  readonly #server = new Server(grpcOptions);
  readonly #calls: Calls;
  readonly #acceptor: Acceptor;
  readonly #introspection = new Introspection();

  constructor(deps: AcceptorDeps & { readonly address: string }) {
    this.#deps = deps;
    this.address = deps.address;
    this.#calls = new Calls(deps);
    this.#acceptor = new Acceptor(deps);
  }

  link(contract: LinkContract, accept: () => LinkHandler): void {
    const handle = (call: ServerDuplexStream<Buffer, Buffer>) =>
      this.#acceptor.accept(contract, new AcceptedStream(call), accept());
    this.#introspection.serves(contract.path);
    this.#server.register(contract.path, handle, asIs, asIs, "bidi");
  }

  service<D extends Definition>(definition: D, handlers: Handlers<D>): void {
    for (const served of this.#calls.add(definition, handlers)) this.#serve(served);
  }

  async start(): Promise<void> {
    this.#introspection.addTo(this.#server);
    this.address = await listen(this.#server, this.address);
    this.#introspection.serving(true);
  }

  drain(delayMs: number): void {
    this.#introspection.serving(false);
    this.#acceptor.drain(delayMs);
  }

  async stop(): Promise<void> {
    this.#introspection.serving(false);
    await Promise.all([this.#acceptor.stop(), this.#calls.stop()]);
    await new Promise<void>((resolve) => {
      // Foreign streams, such as a health watch, would keep it open.
      const force = this.#deps.clock.after(STOP_GRACE_MS, () => this.#server.forceShutdown());
      this.#server.tryShutdown(() => {
        force.cancel();
        resolve();
      });
    });
  }

  #serve({ method }: Served): void {
    const { path, responseSerialize, requestDeserialize, responseStream } = method;
    this.#introspection.serves(path);
    const [handle, type] = responseStream
      ? [(call: StreamCall) => void this.#stream(path, call), "serverStream"]
      : [(call: UnaryCall, done: sendUnaryData<unknown>) => this.#unary(path, call, done), "unary"];
    this.#server.register(path, handle, responseSerialize, requestDeserialize, type);
  }

  #unary(path: string, call: UnaryCall, done: sendUnaryData<unknown>): void {
    this.#calls.unary(path, call.request, goneSignal(call)).then(
      (response) => done(null, response),
      (error: RpcError) => done(statusOf(error)),
    );
  }

  async #stream(path: string, call: StreamCall): Promise<void> {
    const gone = goneSignal(call);
    try {
      for await (const response of this.#calls.stream(path, call.request, gone)) {
        if (!call.write(response) && !gone.aborted) await drainOf(call, gone);
      }
      call.end();
    } catch (error) {
      call.emit("error", Object.assign(new Error("failed"), statusOf(error as RpcError)));
    }
  }
}

/** Fires when the caller has cancelled, is gone, or its deadline has passed. */
function goneSignal(call: UnaryCall | StreamCall): AbortSignal {
  const gone = new AbortController();
  if (call.cancelled) gone.abort();
  call.once("cancelled", () => gone.abort());
  return gone.signal;
}

function drainOf(call: StreamCall, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    call.once("drain", resolve);
    gone.addEventListener("abort", () => resolve(), { once: true });
  });
}
