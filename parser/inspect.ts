import { RejectReason } from "../gen/chat/client/v1/messages.js";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { Codec, type InspectRequest, type InspectResponse } from "../gen/chat/parser/v1/parser.js";
import { clientFrames, messageOf } from "../lib/contract.js";
import { RpcError } from "../lib/errors.js";
import { shardOf } from "../lib/hash.js";
import { limits } from "../lib/limits.js";
import { WireError } from "../lib/wire/reader.js";
import { FrameView } from "./frame.js";
import type { JsonCodec } from "./json.js";
import { check, conversationOf, type Rule, rules } from "./rules.js";
import { shapeOf } from "./shape.js";
import { Slice } from "./slice.js";

/**
 * Answers Inspect: the same decoder and the same rules as on the link, for one frame whose sender
 * is not known.
 */
export class Inspector {
  readonly #json: JsonCodec;
  readonly #view = new FrameView(shapeOf(messageOf("chat.client.v1.ClientFrame")));
  readonly #names = new Map(clientFrames().map((arm) => [arm.number, arm.name]));

  constructor(json: JsonCodec) {
    this.#json = json;
  }

  inspect(request: InspectRequest): InspectResponse {
    if (request.codec !== Codec.PROTO && request.codec !== Codec.JSON) {
      throw new RpcError(ErrorReason.INVALID, "codec is missing: CODEC_PROTO or CODEC_JSON");
    }
    if (request.data.length > limits.frameBytesMax) {
      throw new RpcError(ErrorReason.INVALID, "data is larger than 64 KiB");
    }
    this.#decode(request);
    const rule = rules[this.#view.arm] as Rule;
    const conversation = conversationOf(rule, this.#view);
    const fault = check(rule, this.#view, "");
    return {
      kind: this.#names.get(this.#view.arm) ?? "",
      conversation,
      shard: conversation === "" ? 0 : shardOf(conversation, limits.shards),
      refused: fault === RejectReason.UNSPECIFIED ? "" : (RejectReason[fault] ?? ""),
    };
  }

  #decode(request: InspectRequest): void {
    const data = new Slice().set(Buffer.from(request.data));
    try {
      if (request.codec === Codec.JSON) data.set(this.#json.toProto(data));
      this.#view.decode(data);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const why = error.cause instanceof Error ? `: ${error.cause.message}` : "";
      throw new RpcError(ErrorReason.INVALID, `${error.message}${why}`);
    }
  }
}
