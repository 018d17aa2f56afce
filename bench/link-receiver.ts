import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Expect, PeerMessage } from "./link-peer.js";

type Ready = Extract<PeerMessage, { kind: "ready" }>;
type Complete = Extract<PeerMessage, { kind: "complete" }>;

/** The receiving end in a process of its own. */
export class Receiver {
  private constructor(
    readonly child: ChildProcess,
    readonly addresses: Ready,
  ) {}

  static async start(socketPath: string): Promise<Receiver> {
    const script = fileURLToPath(new URL("./link-peer.js", import.meta.url));
    const child = fork(script, [socketPath], { execArgv: [] });
    return new Receiver(child, await next(child, "ready"));
  }

  /** Starts to count; `complete` resolves when so many frames have arrived. */
  async expect(frames: number): Promise<{ complete: Promise<Complete> }> {
    const started = next(this.child, "started");
    const complete = next(this.child, "complete");
    this.child.send({ expect: frames } satisfies Expect);
    await started;
    return { complete };
  }

  stop(): void {
    this.child.disconnect();
  }
}

/** The next message of a kind; rejects when the process ends first. */
function next<K extends PeerMessage["kind"]>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<PeerMessage, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onExit = () => settle(() => reject(new Error("the receiver has ended")));
    const onMessage = (message: PeerMessage) => {
      if (message.kind !== kind) return;
      settle(() => resolve(message as Extract<PeerMessage, { kind: K }>));
    };
    const settle = (finish: () => void) => {
      child.off("message", onMessage);
      child.off("exit", onExit);
      finish();
    };
    child.on("message", onMessage);
    child.on("exit", onExit);
  });
}
