import type { LinkHandler } from "../lib/link/link.js";
import {
  ADVANCE,
  AdvanceFields,
  CURSOR_QUERY,
  decodeCursorQuery,
  decodeInfoQuery,
  INFO_QUERY,
} from "./frames.js";
import type { Infos } from "./infos.js";
import type { Receipts } from "./receipts.js";

export interface ServiceDeps {
  readonly receipts: Receipts;
  readonly infos: Infos;
}

/** What is done with the frames of a session instance: one handler for all links, as it keeps nothing of a link. */
export function linkHandler(deps: ServiceDeps): LinkHandler {
  const { receipts, infos } = deps;
  const advance = new AdvanceFields();
  return {
    frame(link, kind, body) {
      if (kind === ADVANCE) receipts.advance(advance.decode(body), link);
      else if (kind === CURSOR_QUERY) receipts.ask(decodeCursorQuery(body), link);
      else if (kind === INFO_QUERY) infos.ask(decodeInfoQuery(body), link);
    },
    batchEnd() {
      receipts.kick();
    },
  };
}
