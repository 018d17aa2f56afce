import { type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import {
  type GatewayBatch,
  type ParserBatch,
  ParsersClient,
} from "../gen/chat/parser/v1/parser.js";
import { type Message, objectOf } from "./link-frames.js";

/** The stream as anybody would use it with the generated code: one frame per gRPC message. */
export class NaiveStream {
  readonly #client: ParsersClient;
  readonly #call: ClientDuplexStream<GatewayBatch, ParserBatch>;

  constructor(address: string) {
    this.#client = new ParsersClient(address, credentials.createInsecure(), {
      "grpc.enable_channelz": 0,
      "grpc.enable_retries": 0,
    });
    this.#call = this.#client.link();
    this.#call.on("error", () => undefined);
    this.#call.on("data", () => undefined);
  }

  /** Sends the messages from one number to another; resolves when the stream takes more. */
  async send(pool: readonly Message[], from: number, to: number): Promise<number> {
    let takes = true;
    for (let i = from; i < to; i++) {
      takes = this.#call.write({ frames: [objectOf(pool[i % pool.length] as Message)] });
    }
    if (!takes) await new Promise((resolve) => this.#call.once("drain", resolve));
    return to - from;
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}
