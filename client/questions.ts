import { FailReason } from "../gen/chat/client/v1/history.js";
import type { Clock, Timer } from "./clock.js";
import type { Received } from "./codec.js";
import type { FrameKind } from "./effects.js";
import { ChatError, closedError, lateError } from "./errors.js";
import { bounds, timings } from "./timings.js";

type Answer = Extract<
  Received,
  { $case: "history" | "conversations" | "messageInfo" | "lastNumber" }
>;
type Question = Extract<
  FrameKind,
  { $case: "fetchHistory" | "listConversations" | "getMessageInfo" | "getLastNumber" }
>;

interface Waiting {
  question: Question;
  resolve(answer: Answer): void;
  reject(error: ChatError): void;
  timer: Timer;
  /** While the server is busy: when to ask again. */
  pause: Timer | undefined;
}

/** Questions to the server and their answers. They change nothing, so they are asked again freely. */
export class Questions {
  private readonly waiting = new Map<number, Waiting>();
  private lastRequest = 0;

  constructor(private readonly deps: { clock: Clock; transmit(kind: FrameKind): void }) {}

  /** Fails with NOT_FOUND, INVALID or UNREACHABLE; asks again by itself when the server is busy. */
  ask(question: Question): Promise<Answer> {
    if (this.waiting.size >= bounds.questionsMax) {
      return Promise.reject(new ChatError("FULL", "Too many questions are unanswered."));
    }
    const request = ++this.lastRequest;
    question.value.request = request;
    return new Promise((resolve, reject) => {
      const timer = this.deps.clock.after(timings.questionMs, () =>
        this.fail(request, lateError()),
      );
      this.waiting.set(request, { question, resolve, reject, timer, pause: undefined });
      this.deps.transmit(question);
    });
  }

  /** A new connection: what was asked on the old one may be lost. */
  attach(): void {
    for (const { question, pause } of this.waiting.values()) {
      if (pause === undefined) this.deps.transmit(question);
    }
  }

  /** True when the frame was an answer, also to a question given up. */
  take(kind: Received): boolean {
    switch (kind.$case) {
      case "history":
      case "conversations":
      case "messageInfo":
      case "lastNumber":
        this.end(kind.value.request)?.resolve(kind);
        return true;
      case "failed":
        this.failed(kind.value.request, kind.value.reason, kind.value.retryAfterMs);
        return true;
      default:
        return false;
    }
  }

  close(): void {
    for (const request of [...this.waiting.keys()]) this.fail(request, closedError());
  }

  private failed(request: number, reason: FailReason, retryAfterMs: number): void {
    const waiting = this.waiting.get(request);
    if (waiting === undefined) return;
    if (reason === FailReason.BUSY) {
      waiting.pause?.cancel();
      waiting.pause = this.deps.clock.after(Math.max(retryAfterMs, 100), () => {
        waiting.pause = undefined;
        this.deps.transmit(waiting.question);
      });
      return;
    }
    const error =
      reason === FailReason.NOT_FOUND
        ? new ChatError("NOT_FOUND", "It does not exist, or you may not see it.")
        : new ChatError("INVALID", "The server refused the question.");
    this.fail(request, error);
  }

  private fail(request: number, error: ChatError): void {
    this.end(request)?.reject(error);
  }

  private end(request: number): Waiting | undefined {
    const waiting = this.waiting.get(request);
    this.waiting.delete(request);
    waiting?.timer.cancel();
    waiting?.pause?.cancel();
    return waiting;
  }
}
