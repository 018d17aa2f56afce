import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { DeadLettersService, SessionsService } from "../gen/chat/session/v1/session.js";
import type { Clock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Handlers, Network } from "../lib/rpc/network.js";
import type { OpenEngine } from "../lib/store/engine.js";
import { serveFrom } from "../lib/store/format.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import type { SessionConfig } from "./config.js";
import { getConversation } from "./handlers/get-conversation.js";
import { getMembership } from "./handlers/get-membership.js";
import { getUser } from "./handlers/get-user.js";
import { listDeadLetters } from "./handlers/list-dead-letters.js";
import { proposeChange } from "./handlers/propose-change.js";
import { replayDeadLetter } from "./handlers/replay-dead-letter.js";
import { setBlock } from "./handlers/set-block.js";
import { setReadReceipts } from "./handlers/set-read-receipts.js";
import { createReadReceiptsStore } from "./read-receipts-level.js";
import { SessionService } from "./service.js";
import { createLevelStore, LEVEL_FORMAT } from "./store-level.js";

export interface SessionModuleDeps {
  readonly config: SessionConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** Boot id of this process. */
  readonly boot: string;
  /** Opens the database instead of the directory: for the simulation. */
  readonly open?: OpenEngine;
}

const AUTH_DEADLINE_MS = 3_000;

function handlersOf(service: SessionService, log: Logger): Handlers<typeof SessionsService> {
  return {
    proposeChange: proposeChange(service.changes),
    getMembership: getMembership(service.changes),
    setBlock: setBlock(service.blocks),
    setReadReceipts: setReadReceipts(service.readReceipts, log),
    getConversation: getConversation(service.conversations),
    getUser: getUser(service.home),
  };
}

/** Opens the store, takes its shards over, dials receipts, then listens for parsers. */
export async function startSession(deps: SessionModuleDeps): Promise<Module> {
  const { config, clock, log, open } = deps;
  const store = { directory: config.directory, log, clock, open };
  return serveFrom(store, LEVEL_FORMAT, (kv) => serve(deps, kv));
}

async function serve(deps: SessionModuleDeps, kv: KeyValueStore): Promise<Module> {
  const { config, network, clock, log, boot } = deps;
  const store = createLevelStore(kv);
  const auth = network.client(config.auth, AuthService, { deadlineMs: AUTH_DEADLINE_MS });
  const service = new SessionService({
    store,
    readReceipts: createReadReceiptsStore(kv),
    clock,
    log,
    boot,
    usersExist: async (users) => {
      const found = await auth.getUsers({ users: [...users] });
      return found.users.length === users.length;
    },
    attentionMs: config.attentionMs,
    cursorFlushMs: config.cursorFlushMs,
    advanceMs: config.advanceMs,
  });
  await service.start();
  const receiptsContract = linkContract("chat.receipts.v1.Receipts");
  const receipts = network.dial(config.receipts, receiptsContract, service.receipts);
  const server = network.server(config.listen);
  server.link(linkContract("chat.session.v1.Sessions"), () => service.parsers);
  server.service(SessionsService, handlersOf(service, log));
  const admin = network.server(config.admin);
  admin.service(DeadLettersService, {
    listDeadLetters: listDeadLetters(store),
    replayDeadLetter: replayDeadLetter(service.conversations, service.replays),
  });
  const stop = async () => {
    service.replays.stop();
    await admin.stop();
    await server.stop();
    await service.stop();
    receipts.close();
    auth.close();
    await store.close();
  };
  try {
    await server.start();
    await admin.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { drain: (delayMs) => server.drain(delayMs), stop };
}
