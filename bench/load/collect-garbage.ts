import { Session } from "node:inspector";

/**
 * Loaded into a server's process before the server: on SIGUSR2 it collects all garbage, so that what is read of its
 * memory is what it holds. When V8 does so by itself is chance: garbage of the start alone, 30 MiB per process, hides
 * what thousands of devices take.
 */
const session = new Session();
session.connect();
process.on("SIGUSR2", () => session.post("HeapProfiler.collectGarbage"));
