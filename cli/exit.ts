import { ChatError, type ChatErrorReason } from "../client/node.js";

/** The exit codes of the command line, as `--help` lists them. */
export const exitCodes = {
  ok: 0,
  refused: 1,
  usage: 2,
  credentials: 3,
  unreachable: 4,
  inUse: 5,
  interrupted: 130,
} as const;

export const exitCodeHelp = `
Exit codes:
  0  done
  1  refused: not found, not allowed, rejected, or a fault of the server
  2  wrong usage
  3  not logged in, or wrong name or password
  4  the server cannot be reached or did not answer in time
  5  the profile is in use by another process, or cannot be read or written
  130  interrupted`;

/** Ends the command with one sentence: what happened and what to do. */
export class CliError extends Error {
  override name = "CliError";

  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}

const CODES: Partial<Record<ChatErrorReason, number>> = {
  INVALID: exitCodes.usage,
  UNAUTHENTICATED: exitCodes.credentials,
  UNREACHABLE: exitCodes.unreachable,
  BUSY: exitCodes.unreachable,
  IN_USE: exitCodes.inUse,
  STORE: exitCodes.inUse,
};

const ADVICE: Partial<Record<ChatErrorReason, string>> = {
  RATE_LIMITED: "Wait a little, then try again.",
  BUSY: "Try again in a moment.",
  UNREACHABLE: "Check --server and whether the server runs.",
  IN_USE: "Close the other chatmesh, or use another --profile.",
  INTERNAL: "Try again; the server's log tells more.",
};

/** Any failure as one sentence with advice, and its exit code. */
export function describeFailure(error: unknown): { message: string; exitCode: number } {
  if (error instanceof CliError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof ChatError) {
    const advice = ADVICE[error.reason];
    const wait = error.retryAfterMs > 0 ? ` Retry in ${seconds(error.retryAfterMs)}.` : "";
    const message = `${sentence(error.message)}${advice ? ` ${advice}` : ""}${wait}`;
    return { message, exitCode: CODES[error.reason] ?? exitCodes.refused };
  }
  const message = sentence(error instanceof Error ? error.message : String(error));
  return { message, exitCode: exitCodes.refused };
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}`;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))} s`;
}
