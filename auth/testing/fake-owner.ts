import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type { SetBlockRequest, SetBlockResponse } from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";

/** The owner of conversations, as session is one: the higher version wins. */
export class FakeOwner {
  readonly told: SetBlockRequest[] = [];
  away = false;
  seq = 0;
  inForce = 0;
  #heard: () => void = () => {};

  setBlock = async (request: SetBlockRequest): Promise<SetBlockResponse> => {
    if (this.away) throw new RpcError(ErrorReason.BUSY, "away", 1_000);
    this.told.push(request);
    this.inForce = Math.max(this.inForce, request.version);
    this.#heard();
    return { version: this.inForce, seq: this.seq };
  };

  /** Resolves when so many were told. */
  async heard(count: number): Promise<void> {
    while (this.told.length < count) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
