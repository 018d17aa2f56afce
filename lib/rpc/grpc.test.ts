import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import {
  GatewayBatch,
  type InspectRequest,
  ParserBatch,
  ParsersService,
} from "../../gen/chat/parser/v1/parser.js";
import { linkContract } from "../contract.js";
import { limits } from "../limits.js";
import { Recorder, send } from "../link/recorder.js";
import { asIs, channelOptions } from "./grpc-options.js";
import type { RpcServer } from "./network.js";
import { linkUp, networkOf } from "./network.suite.js";

const contract = linkContract("chat.parser.v1.Parsers");
const run = promisify(execFile);
const tcp = { name: "TCP", oneNetwork: false, newAddress: async () => "127.0.0.1:0" };

async function inspectServer(): Promise<RpcServer> {
  const server = networkOf("parser-1", "bt_1").server("127.0.0.1:0");
  server.link(contract, () => new Recorder());
  server.service(ParsersService, {
    inspect: async ({ data }: InspectRequest) => ({
      kind: "ping",
      conversation: data.toString(),
      shard: 7,
      refused: "",
    }),
  });
  await server.start();
  return server;
}

function hello(instance: string, credits: number[]): Buffer {
  const value = { instance, boot: "bt_x", credits };
  const control = { kind: { $case: "hello" as const, value } };
  return Buffer.from(
    GatewayBatch.encode({ frames: [{ kind: { $case: "control", value: control } }] }).finish(),
  );
}

function helloDown(): Buffer {
  const value = { instance: "parser-1", boot: "bt_x", credits: [0, 9, 9, 9, 9] };
  const control = { kind: { $case: "hello" as const, value } };
  return Buffer.from(
    ParserBatch.encode({ frames: [{ kind: { $case: "control", value: control } }] }).finish(),
  );
}

function rawClient(address: string): Client {
  return new Client(address, credentials.createInsecure(), channelOptions);
}

function health(address: string, service: string): Promise<string> {
  const check = healthService.Check;
  assert.ok(check);
  const client = rawClient(address);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      check.path,
      check.requestSerialize,
      check.responseDeserialize,
      { service },
      (error, answer) => {
        client.close();
        if (error) reject(error);
        else resolve((answer as { status: string }).status);
      },
    );
  });
}

/** Opens a link as a stranger who sends these bytes; the status the server ends it with. */
function strangerSends(address: string, bytes: Buffer): Promise<{ code: status; details: string }> {
  const client = rawClient(address);
  const call = client.makeBidiStreamRequest(contract.path, asIs, asIs, new Metadata(), {});
  call.on("data", () => undefined);
  call.on("error", () => undefined);
  call.write(bytes);
  return new Promise((resolve) =>
    call.on("status", (end) => {
      client.close();
      resolve(end);
    }),
  );
}

describe("a gRPC server", () => {
  let stop: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });

  it("says SERVING while it serves and NOT_SERVING while it drains", async () => {
    const server = await inspectServer();
    stop = () => server.stop();
    assert.equal(await health(server.address, ""), "SERVING");
    assert.equal(await health(server.address, "chat.parser.v1.Parsers"), "SERVING");
    server.drain(1000);
    assert.equal(await health(server.address, ""), "NOT_SERVING");
  });

  it("is listed, described and called by a gRPC tool that has no contract", async function () {
    this.timeout(20_000);
    const server = await inspectServer();
    stop = () => server.stop();
    const url = `http://${server.address}`;
    const curl = async (...args: string[]) => {
      const buf = join("node_modules", ".bin", "buf");
      const all = ["curl", "--protocol", "grpc", "--http2-prior-knowledge", ...args];
      return (await run(buf, all)).stdout;
    };
    const methods = await curl("--list-methods", url);
    assert.match(methods, /chat\.parser\.v1\.Parsers\/Inspect/);
    assert.match(methods, /chat\.parser\.v1\.Parsers\/Link/);
    const data = JSON.stringify({
      codec: "CODEC_PROTO",
      data: Buffer.from("hi").toString("base64"),
    });
    const answer = JSON.parse(await curl("-d", data, `${url}/chat.parser.v1.Parsers/Inspect`));
    assert.deepEqual(answer, { kind: "ping", conversation: "hi", shard: 7 });
    assert.match(methods, /grpc\.health\.v1\.Health\/Check/);
    const health = await curl("-d", "{}", `${url}/grpc.health.v1.Health/Check`);
    assert.deepEqual(JSON.parse(health), { status: "SERVING" });
  });

  it("ends only the link that broke the rules, with INVALID_ARGUMENT", async () => {
    const rig = await linkUp(tcp);
    stop = () => rig.stop();
    for (const [bytes, why] of [
      [Buffer.from([0x0a, 0xff, 0xff]), /malformed batch: truncated/],
      [Buffer.from("0a021200", "hex"), /the first frame is not a Hello/],
      [Buffer.concat([hello("stranger", []), Buffer.from([0x0b])]), /malformed batch: wire type 3/],
    ] as const) {
      const end = await strangerSends(rig.address, bytes);
      assert.equal(end.code, status.INVALID_ARGUMENT);
      assert.match(end.details, why);
    }
    assert.ok(rig.dialed.link.alive);
    send(rig.dialed.link, 2, Buffer.from("unharmed"));
    await rig.accepted.until((r) => r.frames.length === 1);
  });

  it("refuses a message above the bound", async () => {
    const rig = await linkUp(tcp);
    stop = () => rig.stop();
    const client = new Client(rig.address, credentials.createInsecure());
    const call = client.makeBidiStreamRequest(contract.path, asIs, asIs, new Metadata(), {});
    call.on("data", () => undefined);
    call.on("error", () => undefined);
    call.write(Buffer.alloc(limits.grpcMessageBytesMax + 1));
    const end = await new Promise<{ code: status }>((done) => call.on("status", done));
    client.close();
    assert.equal(end.code, status.RESOURCE_EXHAUSTED);
    assert.ok(rig.dialed.link.alive);
  });

  it("keeps its memory bounded, and breaks the link, when a dialler does not read", async () => {
    const accepted = new Recorder();
    const far = networkOf("parser-1", "bt_1");
    const server = far.server("127.0.0.1:0");
    server.link(contract, () => accepted);
    await server.start();
    const client = rawClient(server.address);
    const call = client.makeBidiStreamRequest(contract.path, asIs, asIs, new Metadata(), {});
    call.on("error", () => undefined);
    call.write(hello("stuck", [0, 1e6, 1e6, 1e6, 1e6]));
    await accepted.until((r) => r.ups.length === 1);
    const body = Buffer.alloc(50_000);
    let refused = 0;
    let most = 0;
    while (accepted.link.alive) {
      for (let i = 0; i < 100; i++) if (!send(accepted.link, 2, body)) refused++;
      send(accepted.link, 3, body);
      most = Math.max(most, accepted.link.queuedBytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(refused > 0);
    assert.ok(most <= limits.linkQueueBytesMax + body.length * 2, String(most));
    await accepted.until((r) => r.downs.length === 1);
    assert.match(accepted.downs[0] ?? "", /the peer is stuck/);
    client.close();
    await server.stop();
  });
});

describe("a dialler whose server does not read", () => {
  it("keeps its memory bounded and ends the stream", async () => {
    const server = new Server();
    let ended: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const silent = (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.write(helloDown());
      call.on("cancelled", ended);
    };
    server.register(contract.path, silent, asIs, asIs, "bidi");
    const port = await new Promise<number>((resolve) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, bound) =>
        resolve(bound),
      ),
    );
    const dialed = new Recorder();
    const dialer = networkOf("gateway-1", "gw_1").dial(`127.0.0.1:${port}`, contract, dialed);
    await dialed.until((r) => r.ups.length === 1);
    const { link } = dialed;
    let most = 0;
    while (send(link, 3, Buffer.alloc(50_000))) {
      most = Math.max(most, link.queuedBytes);
      if (link.queuedBytes < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(most <= limits.linkQueueBytesMax + 100_000);
    await cancelled;
    dialer.close();
    server.forceShutdown();
  });
});
