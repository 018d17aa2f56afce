import { randomBytes } from "node:crypto";
import { type Algorithm, hash, verify } from "@node-rs/argon2";
import type { HashingConfig } from "./config.js";
import { createGate } from "./gate.js";

/** Hashes and compares passwords; bounded, so that a flood of log-ins exhausts neither memory nor threads. */
export interface Passwords {
  /** A PHC string. Rejects with BUSY when too many wait. */
  hash(password: string, signal?: AbortSignal): Promise<string>;
  /**
   * Whether it is the password. Without a stored hash it is compared with that of a password nobody knows: false after
   * the same work.
   */
  matches(stored: string | undefined, password: string, signal?: AbortSignal): Promise<boolean>;
}

/** The two operations of argon2: replaced in tests to count them. */
export interface PasswordHash {
  hash(password: string): Promise<string>;
  verify(stored: string, password: string): Promise<boolean>;
}

/** The value of Algorithm.Argon2id: the enum has no object at run time. */
const ARGON2ID = 2 as Algorithm.Argon2id;

export function argon2id({ memoryKib, passes }: HashingConfig): PasswordHash {
  const options = {
    algorithm: ARGON2ID,
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: 1,
  };
  return {
    hash: (password) => hash(password, options),
    verify: (stored, password) => verify(stored, password),
  };
}

/** Makes the hash for unknown names first: it costs what a real one does. */
export async function createPasswords(
  config: HashingConfig,
  algorithm: PasswordHash = argon2id(config),
): Promise<Passwords> {
  const gate = createGate(config);
  const nobodys = await algorithm.hash(randomBytes(32).toString("base64url"));
  return {
    hash: (password, signal) => gate.run(() => algorithm.hash(password), signal),
    async matches(stored, password, signal) {
      const same = await gate.run(() => algorithm.verify(stored ?? nobodys, password), signal);
      return same && stored !== undefined;
    },
  };
}
