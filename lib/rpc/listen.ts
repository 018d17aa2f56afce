import { existsSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { parseAddress } from "./address.js";

/** Longest path of a Unix socket that every system takes. */
const UNIX_PATH_BYTES_MAX = 103;

/**
 * Binds a gRPC server and returns the address it is reached at: with the real port if 0 was asked
 * for. Rejects with one sentence that says what is wrong.
 */
export async function listen(server: Server, address: string): Promise<string> {
  const parsed = parseAddress(address);
  if (parsed.kind === "unix") await freeSocket(parsed.path);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(new Error(`cannot listen on ${address}: ${explain(error.message)}`));
      else resolve(bound);
    });
  });
  return parsed.kind === "tcp" ? `${parsed.host}:${port}` : address;
}

/** Removes the socket file of a process that is gone. */
async function freeSocket(path: string): Promise<void> {
  const fail = (why: string) => new Error(`cannot listen on unix:${path}: ${why}`);
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
    throw fail(`the path is longer than ${UNIX_PATH_BYTES_MAX} bytes, choose a shorter directory`);
  }
  // The system would say that permission is missing.
  if (!existsSync(dirname(path))) throw fail("its directory does not exist");
  const stat = await lstat(path).catch(() => undefined);
  if (!stat) return;
  if (!stat.isSocket()) throw fail("there is a file that is not a socket");
  if (await answers(path)) throw fail("another process listens there");
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => settle(true));
    // Only a refusal says that nobody is there; anything else might be a live owner.
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code !== "ECONNREFUSED"));
  });
}

function explain(text: string): string {
  if (text.includes("EADDRINUSE")) return "another process listens there";
  if (text.includes("EACCES")) return "this user may not listen there";
  if (text.includes("EADDRNOTAVAIL")) return "this machine does not have that address";
  return text;
}
