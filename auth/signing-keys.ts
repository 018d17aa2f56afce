import { randomBytes } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { accessToken } from "../lib/token.js";
import type { SigningKeyStore, StoredKey } from "./store.js";

/** The keys of this installation: the newest signs, all are published. */
export interface SigningKeys {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** JWK set as JSON. */
  readonly jwks: string;
}

/** Reads the keys, and makes the first one where there is none. */
export async function openSigningKeys(store: SigningKeyStore, nowMs: number): Promise<SigningKeys> {
  let keys = await usableKeys(store);
  if (keys.length === 0) {
    await store.addKey(await newSigningKey(nowMs));
    keys = await usableKeys(store);
  }
  const newest = keys.at(-1);
  if (newest === undefined) throw new Error("the store did not keep the signing key");
  const privateKey = await importJWK(JSON.parse(newest.privateJwk), accessToken.algorithm);
  return {
    kid: newest.kid,
    privateKey: privateKey as CryptoKey,
    jwks: JSON.stringify({ keys: keys.map((key) => JSON.parse(key.publicJwk)) }),
  };
}

/** Keys for the algorithm in use: one of an earlier version of the program is neither used nor published. */
async function usableKeys(store: SigningKeyStore): Promise<StoredKey[]> {
  const keys = await store.listKeys();
  return keys.filter((key) => JSON.parse(key.publicJwk).alg === accessToken.algorithm);
}

/** A new RSA key. To rotate, add one to the store and start again: both are published, the newer one signs. */
export async function newSigningKey(nowMs: number): Promise<StoredKey> {
  const pair = await generateKeyPair(accessToken.algorithm, {
    modulusLength: accessToken.keyBits,
    extractable: true,
  });
  const kid = randomBytes(12).toString("base64url");
  const label = { kid, alg: accessToken.algorithm, use: "sig" };
  const privateJwk: JWK = { ...(await exportJWK(pair.privateKey)), ...label };
  const publicJwk: JWK = { ...(await exportJWK(pair.publicKey)), ...label };
  return {
    kid,
    createdMs: nowMs,
    privateJwk: JSON.stringify(privateJwk),
    publicJwk: JSON.stringify(publicJwk),
  };
}
