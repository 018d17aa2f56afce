import type { ChildProcess } from "node:child_process";
import type { Clock } from "../../lib/clock.js";
import { Backoff, type BackoffLimits } from "../backoff.js";
import { StartError } from "../lifecycle.js";
import { SupervisedChild } from "./child.js";

export interface SupervisorDeps {
  /** In order of need: stopped in reverse. */
  readonly services: readonly string[];
  readonly spawn: (service: string) => ChildProcess;
  readonly clock: Clock;
  /** One line of a service's output. */
  readonly line: (service: string, line: string) => void;
  /** What the supervisor itself has to say. */
  readonly say: (text: string) => void;
  readonly restart?: BackoffLimits;
}

export interface Supervisor {
  /** Resolves when every service has served once; rejects with StartError when one ends before that. */
  readonly ready: Promise<void>;
  /** Stops all, one after the other, the last started first. */
  stop(killAfterMs: number): Promise<void>;
  /** Ends all without further ado. */
  kill(): void;
}

const RESTART: BackoffLimits = { firstMs: 200, maxMs: 10_000, healthyMs: 30_000 };

/** Runs each service as its own process; one that crashes is started again after a back-off. */
export function superviseServices(deps: SupervisorDeps): Supervisor {
  const { services, spawn, clock, line, say } = deps;
  const waiting = new Set(services);
  const children = new Map<string, SupervisedChild>();
  const { promise: ready, resolve, reject } = withResolvers();

  for (const service of services) {
    const child = new SupervisedChild({
      spawn: () => spawn(service),
      clock,
      backoff: new Backoff(deps.restart ?? RESTART),
      line: (text) => line(service, text),
      ready() {
        if (!waiting.delete(service)) say(`${service} is back`);
        else if (waiting.size === 0) resolve();
      },
      crashed({ how, restartMs }) {
        // A service that never served will not do so by being started again: a wrong port, a locked directory.
        if (waiting.has(service)) reject(new StartError(`${service} did not start: ${how}`));
        else say(`${service} ended with ${how}: starting it again in ${restartMs} ms`);
      },
    });
    children.set(service, child);
    child.start();
  }

  return {
    ready,
    async stop(killAfterMs) {
      for (const child of [...children.values()].reverse()) await child.stop(killAfterMs);
    },
    kill() {
      for (const child of children.values()) child.kill();
    },
  };
}

function withResolvers() {
  let resolve = () => {};
  let reject = (_reason: Error) => {};
  const promise = new Promise<void>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
