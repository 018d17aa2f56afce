import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

/** What waits for a reader of standard output who does not read; lines beyond it are lost. */
const WAITING_BYTES_MAX = 1024 * 1024;

/**
 * Standard output, for a reader who may be slow, stuck or gone: no line waits for him, nor does the end of the process. The
 * destination that pino takes by itself tries for ever to get rid of its last lines when the process ends.
 */
const output: DestinationStream = {
  write(line) {
    if (process.stdout.writableLength < WAITING_BYTES_MAX) process.stdout.write(line);
  },
};

/** A JSON logger to standard output: one line per event, never per message. */
export function createLogger(service: string, level: string): Logger {
  if (!process.stdout.listeners("error").includes(ignore)) process.stdout.on("error", ignore);
  const options = { base: { service }, level, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, output);
}

/** The reader is gone: there is nobody to be told of it. */
function ignore(): void {}

/** For tests: says nothing. */
export const silentLogger: Logger = pino({ level: "silent" });
