import type { RefreshFamily } from "./refresh-family.js";

/**
 * What the auth service keeps, and what any store must promise. A promise that resolves means: durable. One that rejects
 * means: the outcome is not known, and a repeat is safe. A read sees every change that was answered before it began.
 * Names and ids are well-formed here; the handlers checked them.
 */
export interface AuthStore {
  /**
   * Adds an account with its first device, whole or not at all. `taken`: an account of that name exists and nothing was
   * written; of several calls for one name at the same time exactly one is `created`.
   */
  createAccount(account: Account, device: Device): Promise<"created" | "taken">;

  /** The account with exactly this name, or this user id. */
  findAccount(by: { name: string } | { user: string }): Promise<Account | undefined>;

  /** Adds a device to an account that exists. */
  addDevice(device: Device): Promise<void>;

  /** The user's devices, in no particular order; a removed one is not among them. */
  listDevices(user: string): Promise<Device[]>;

  /** The device that has this family of refresh tokens; undefined when it was removed. */
  findDeviceByFamily(familyHash: string): Promise<Device | undefined>;

  /**
   * Replaces what is kept of a device's refresh tokens if `newest` still is the hash of the newest one. False: it is not,
   * or the device was removed; nothing was written. Of several calls with one `newest` exactly one is true.
   */
  replaceRefresh(device: Device, newest: string): Promise<boolean>;

  /**
   * Removes a device, voids its family, and keeps the revocation. False: this user has no such device. Of several calls
   * for one device exactly one is true. After it was answered no replaceRefresh of the device is true.
   */
  removeDevice(revocation: Revocation): Promise<boolean>;

  /** The revocations at or after `sinceMs`. Earlier ones are forgotten for good. */
  listRevocations(sinceMs: number): Promise<Revocation[]>;
}

/** Where signing keys are kept: the same promises. */
export interface SigningKeyStore {
  /** All keys, oldest first. */
  listKeys(): Promise<StoredKey[]>;

  /** Adds a key. */
  addKey(key: StoredKey): Promise<void>;

  /** Forgets a key: tokens signed with it are void from the next start on. */
  removeKey(kid: string): Promise<void>;
}

export interface Account {
  readonly user: string;
  /** Lower case. */
  readonly name: string;
  /** PHC string of argon2id. */
  readonly passwordHash: string;
  readonly createdMs: number;
}

export interface Device {
  readonly user: string;
  readonly device: string;
  readonly name: string;
  readonly createdMs: number;
  readonly refreshedMs: number;
  readonly refresh: RefreshFamily;
}

export interface Revocation {
  readonly user: string;
  readonly device: string;
  readonly atMs: number;
}

export interface StoredKey {
  readonly kid: string;
  readonly createdMs: number;
  /** JWK of the private key, as JSON. Secret. */
  readonly privateJwk: string;
  /** JWK of the public key, as JSON. */
  readonly publicJwk: string;
}
