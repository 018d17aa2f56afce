import { ReceiptsService } from "../gen/chat/receipts/v1/receipts.js";
import type { Clock } from "../lib/clock.js";
import { linkContract } from "../lib/contract.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Network } from "../lib/rpc/network.js";
import type { OpenEngine } from "../lib/store/engine.js";
import { openLevel } from "../lib/store/level.js";
import type { ReceiptsConfig } from "./config.js";
import { Events } from "./events.js";
import { getCursors } from "./handlers/get-cursors.js";
import { Infos } from "./infos.js";
import { membersOf } from "./members.js";
import { Receipts } from "./receipts.js";
import { linkHandler } from "./service.js";
import { levelReceiptsStore } from "./store-level.js";

export interface ReceiptsModuleDeps {
  readonly config: ReceiptsConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** Boot id of this process. */
  readonly boot: string;
  /** Opens the database instead of the directory: for the simulation. */
  readonly open?: OpenEngine;
}

/** Opens the store, then listens. Rejects with a clear error when one of them cannot be had. */
export async function startReceipts(deps: ReceiptsModuleDeps): Promise<Module> {
  const { config, network, clock, log, boot, open } = deps;
  const store = levelReceiptsStore(
    await openLevel({ directory: config.directory, log, clock, open }),
  );
  const events = new Events(log);
  const receipts = new Receipts({
    store,
    clock,
    events,
    membersOf,
    writer: boot,
    limits: config,
  });
  const { loadsMax: scansMax, questionsMax } = config;
  const infos = new Infos({ store, events, membersOf, scansMax, questionsMax });
  const handler = linkHandler({ receipts, infos });
  const server = network.server(config.listen);
  server.link(linkContract("chat.receipts.v1.Receipts"), () => handler);
  server.service(ReceiptsService, { getCursors: getCursors({ store, events, membersOf }) });
  try {
    await server.start();
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    drain: (delayMs) => server.drain(delayMs),
    async stop() {
      await server.stop();
      await infos.stop();
      await receipts.stop();
      await store.close();
      log.info({ counts: events.counts }, "receipts stopped");
    },
  };
}
