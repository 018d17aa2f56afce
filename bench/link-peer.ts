import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import {
  type GatewayBatch,
  type ParserBatch,
  ParsersService,
} from "../gen/chat/parser/v1/parser.js";
import { systemClock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import { silentLogger } from "../lib/log.js";
import { createNetwork } from "../lib/rpc/create-network.js";
import { Tally } from "./link-frames.js";
import { ownCpuUs } from "./rig/cpu.js";

/** From the bench to this process. */
export interface Expect {
  readonly expect: number;
}

/** From this process to the bench. */
export type PeerMessage =
  | { readonly kind: "ready"; readonly naive: string; readonly tcp: string; readonly unix: string }
  | { readonly kind: "started" }
  | {
      readonly kind: "complete";
      readonly frames: number;
      readonly checksum: number;
      readonly cpuUs: number;
    };

// The receiving end of bench/link, in a process of its own: argument 1 is the path of its Unix
// socket.
const tally = new Tally();
const tell = (message: PeerMessage) => process.send?.(message);
const contract = linkContract("chat.parser.v1.Parsers");
const network = createNetwork({
  instance: "receiver",
  boot: "bt_receiver",
  clock: systemClock,
  log: silentLogger,
});

async function serve(address: string): Promise<string> {
  const server = network.server(address);
  server.link(contract, () => tally);
  await server.start();
  return server.address;
}

/** The same service as anybody would write it with the generated code. */
function serveNaively(): Promise<string> {
  const server = new Server({ "grpc.enable_channelz": 0 });
  server.addService(ParsersService, {
    link(call: ServerDuplexStream<GatewayBatch, ParserBatch>) {
      call.on("error", () => undefined);
      call.on("end", () => call.end());
      call.on("data", ({ frames }: GatewayBatch) => {
        for (const { kind } of frames) {
          if (kind?.$case !== "inbound") continue;
          const { origin, data } = kind.value;
          tally.add(origin?.connection ?? 0, data, 0, data.length);
        }
      });
    },
    inspect: () => undefined,
  });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(`127.0.0.1:${port}`);
    });
  });
}

process.on("message", ({ expect }: Expect) => {
  const beforeUs = ownCpuUs();
  tally.expect(expect, () => {
    const { frames, checksum } = tally;
    tell({ kind: "complete", frames, checksum, cpuUs: ownCpuUs() - beforeUs });
  });
  tell({ kind: "started" });
});
process.on("disconnect", () => process.exit(0));

tell({
  kind: "ready",
  naive: await serveNaively(),
  tcp: await serve("127.0.0.1:0"),
  unix: await serve(`unix:${process.argv[2]}`),
});
