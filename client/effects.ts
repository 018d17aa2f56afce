import type { ClientFrame } from "../gen/chat/client/v1/frames.js";
import type { ClientEvent } from "./events.js";
import type { StoreWrite } from "./store.js";

export type FrameKind = NonNullable<ClientFrame["kind"]>;

/**
 * What the pure core wants done. The rim writes first, durably; only then the frames go out and the
 * events are shown, in order. So nothing is acknowledged, sent or shown that is not stored.
 */
export interface Effects {
  write(write: StoreWrite): void;
  send(kind: FrameKind): void;
  emit(event: ClientEvent): void;
}
