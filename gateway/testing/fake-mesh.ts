import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { AuthService, type WatchRevocationsResponse } from "../../gen/chat/auth/v1/auth.js";
import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import {
  Attach,
  Close,
  type Codec,
  Drain,
  Inbound,
  Push,
} from "../../gen/chat/parser/v1/parser.js";
import { systemClock } from "../../lib/clock.js";
import { linkContract } from "../../lib/contract.js";
import { RpcError } from "../../lib/errors.js";
import { newId } from "../../lib/ids.js";
import { Recorder, send } from "../../lib/link/recorder.js";
import { silentLogger } from "../../lib/log.js";
import { createNetwork } from "../../lib/rpc/create-network.js";
import type { RpcServer } from "../../lib/rpc/network.js";
import { type GatewayConfig, readGatewayConfig } from "../config.js";
import { type Gateway, startGateway } from "../module.js";

const ARM = { push: 2, close: 3, rosterWanted: 4, inbound: 2, attach: 3, drain: 8 } as const;
const KID = "test-1";

const socketAddress = (name: string) =>
  `unix:${join(tmpdir(), `cm-${name}-${randomBytes(6).toString("hex")}.sock`)}`;

export interface TokenClaims {
  readonly user?: string;
  readonly device?: string;
  readonly expiresInS?: number;
}

/** A real gateway on a free port, between a parser and an auth that are the test's. */
export class FakeMesh {
  readonly parser = new Recorder();
  /** Requests auth got, by method. */
  readonly asked: { method: string; request: unknown }[] = [];
  gateway: Gateway | undefined;
  readonly #network = createNetwork({
    instance: "gateway-1",
    boot: newId("gw"),
    clock: systemClock,
    log: silentLogger,
  });
  readonly #parserAddress = socketAddress("parser");
  readonly #authAddress = socketAddress("auth");
  #parserServer: RpcServer | undefined;
  #authServer: RpcServer | undefined;
  #key: CryptoKey | undefined;
  #jwks = "";
  #revoke: ((response: WatchRevocationsResponse) => void) | undefined;

  async start(config: Partial<GatewayConfig> = {}): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    this.#key = privateKey;
    const jwk = { ...(await exportJWK(publicKey)), kid: KID, alg: "RS256", use: "sig" };
    this.#jwks = JSON.stringify({ keys: [jwk] });
    await this.#startAuth();
    await this.startParser();
    this.gateway = await startGateway({
      config: {
        ...readGatewayConfig({}),
        httpPort: 0,
        listen: socketAddress("gateway"),
        parsers: [this.#parserAddress],
        auth: this.#authAddress,
        ...config,
      },
      network: this.#network,
      clock: systemClock,
      log: silentLogger,
      boot: newId("gw"),
    });
    await this.parser.until((end) => end.ups.length > 0);
    while ((await this.missing()) !== undefined);
  }

  async stop(): Promise<void> {
    await this.gateway?.stop();
    await this.#parserServer?.stop();
    await this.#authServer?.stop();
  }

  get port(): number {
    return this.gateway?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the gateway lacks to be ready. */
  async missing(): Promise<string | undefined> {
    const answer = await fetch(`${this.url}/readyz`);
    const { missing } = (await answer.json()) as { missing: string[] };
    return missing[0];
  }

  /** A parser that reaches its session at once, or when it is told to. */
  async startParser(reaches = true): Promise<void> {
    this.parser.onUp = reaches ? () => this.reachSession() : undefined;
    this.#parserServer = this.#network.server(this.#parserAddress);
    this.#parserServer.link(linkContract("chat.parser.v1.Parsers"), () => this.parser);
    await this.#parserServer.start();
  }

  reachSession(): void {
    send(this.parser.link, ARM.rosterWanted, Buffer.alloc(0));
  }

  async stopParser(): Promise<void> {
    await this.#parserServer?.stop();
  }

  async token(claims: TokenClaims = {}): Promise<string> {
    const { user = "us_000000000000000a", device = "dv_000000000000000a" } = claims;
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ device })
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: KID })
      .setIssuer("chatmesh")
      .setAudience("chatmesh")
      .setSubject(user)
      .setIssuedAt(nowS - 60)
      .setExpirationTime(nowS + (claims.expiresInS ?? 600))
      .sign(this.#key as CryptoKey);
  }

  revoke(user: string, device: string): void {
    this.#revoke?.({ revocations: [{ user, device, atUnixMs: 0 }] });
  }

  /** False when the link has no room for it. */
  push(to: readonly number[], data: Uint8Array, codec: Codec): boolean {
    const body = Push.encode({ connections: [...to], data: Buffer.from(data), codec }).finish();
    return send(this.parser.link, ARM.push, body);
  }

  close(connection: number, code: number, reason: string): void {
    send(this.parser.link, ARM.close, Close.encode({ connection, code, reason }).finish());
  }

  /** Sends everything back to where it came from. */
  echo(): void {
    this.parser.onFrame = (_link, { kind, body }) => {
      if (kind !== ARM.inbound) return;
      const { origin, data } = Inbound.decode(body);
      if (origin) this.push([origin.connection], data, origin.codec);
    };
  }

  inbound(): Inbound[] {
    return this.#frames(ARM.inbound).map((body) => Inbound.decode(body));
  }

  attached(): Attach[] {
    return this.#frames(ARM.attach).map((body) => Attach.decode(body));
  }

  drains(): Drain[] {
    return this.#frames(ARM.drain).map((body) => Drain.decode(body));
  }

  has(kind: number): boolean {
    return this.#frames(kind).length > 0;
  }

  #frames(kind: number): Buffer[] {
    return this.parser.frames.filter((frame) => frame.kind === kind).map(({ body }) => body);
  }

  async #startAuth(): Promise<void> {
    const refuse = (method: string) => async (request: unknown) => {
      this.asked.push({ method, request });
      throw new RpcError(ErrorReason.NOT_FOUND, "there is nobody of that name");
    };
    this.#authServer = this.#network.server(this.#authAddress);
    this.#authServer.service(AuthService, {
      register: refuse("register"),
      login: refuse("login"),
      refresh: refuse("refresh"),
      revokeDevice: refuse("revokeDevice"),
      lookUpUser: refuse("lookUpUser"),
      getUsers: refuse("getUsers"),
      listDevices: async (request) => {
        this.asked.push({ method: "listDevices", request });
        return { devices: [] };
      },
      getKeys: async () => ({ jwksJson: this.#jwks }),
      watchRevocations: (_request, { signal }) => this.#watch(signal),
    });
    await this.#authServer.start();
  }

  async *#watch(signal: AbortSignal): AsyncIterable<WatchRevocationsResponse> {
    yield { revocations: [] };
    while (!signal.aborted) {
      yield await new Promise<WatchRevocationsResponse>((resolve) => {
        this.#revoke = resolve;
        signal.addEventListener("abort", () => resolve({ revocations: [] }));
      });
    }
  }
}
