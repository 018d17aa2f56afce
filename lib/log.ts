import { type Logger, pino } from "pino";

export type { Logger };

/** A JSON logger to standard output: one line per event, never per message. */
export function createLogger(service: string, level: string): Logger {
  return pino({ base: { service }, level, timestamp: pino.stdTimeFunctions.isoTime });
}

/** For tests: says nothing. */
export const silentLogger: Logger = pino({ level: "silent" });
