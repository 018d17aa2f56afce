import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import { RpcError } from "../errors.js";
import { onAbort } from "../on-abort.js";

/**
 * The life of one call: it can fail from outside (caller gone, deadline, server stops) while
 * something is awaited.
 */
export class Scope {
  readonly #controller = new AbortController();
  readonly #undo: (() => void)[] = [];
  #failure: RpcError | undefined;
  #reject: ((error: RpcError) => void) | undefined;

  /** Fires when the call failed from outside. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Fails the call with BUSY when `signal` fires. */
  failOn(signal: AbortSignal | undefined, why: string): this {
    if (!signal) return this;
    const fail = () => this.fail(new RpcError(ErrorReason.BUSY, why));
    if (signal.aborted) fail();
    this.#undo.push(onAbort(signal, fail));
    return this;
  }

  /** Runs `undo` when the call is over. */
  defer(undo: () => void): void {
    this.#undo.push(undo);
  }

  fail(error: RpcError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#controller.abort(error);
    this.#reject?.(error);
  }

  /** Waits for one thing at a time, or for the call to fail. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.#failure) reject(this.#failure);
      work.then(resolve, reject);
    });
  }

  /** The call is over: frees what hangs on it. */
  dispose(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#reject = undefined;
  }
}
