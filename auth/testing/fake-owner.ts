import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  SetBlockRequest,
  SetBlockResponse,
  SetReadReceiptsRequest,
  SetReadReceiptsResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import type { Owners } from "../orders.js";

/** The owner of conversations, as session is one: the higher version wins. */
export class FakeOwner implements Owners {
  readonly told: SetBlockRequest[] = [];
  readonly switched: SetReadReceiptsRequest[] = [];
  away = false;
  seq = 0;
  inForce = 0;
  #heard: () => void = () => {};

  async setBlock(request: SetBlockRequest): Promise<SetBlockResponse> {
    if (this.away) throw new RpcError(ErrorReason.BUSY, "away", 1_000);
    this.told.push(request);
    this.inForce = Math.max(this.inForce, request.version);
    this.#heard();
    return { version: this.inForce, seq: this.seq };
  }

  async setReadReceipts(request: SetReadReceiptsRequest): Promise<SetReadReceiptsResponse> {
    if (this.away) throw new RpcError(ErrorReason.BUSY, "away", 1_000);
    this.switched.push(request);
    return { version: request.version };
  }

  /** Resolves when so many blocks were told. */
  async heard(count: number): Promise<void> {
    while (this.told.length < count) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
