import { AuthService } from "../gen/chat/auth/v1/auth.js";
import { PrivaciesService } from "../gen/chat/auth/v1/privacy.js";
import { GroupsService } from "../gen/chat/group/v1/group.js";
import { ListsService } from "../gen/chat/group/v1/lists.js";
import type { Clock } from "../lib/clock.js";
import type { Logger } from "../lib/log.js";
import type { Module } from "../lib/module.js";
import type { Network } from "../lib/rpc/network.js";
import type { OpenEngine } from "../lib/store/engine.js";
import { serveFrom } from "../lib/store/format.js";
import type { KeyValueStore } from "../lib/store/kv.js";
import type { GroupConfig } from "./config.js";
import { createGroupEvents } from "./events.js";
import { Groups } from "./groups.js";
import { Lists } from "./lists.js";
import { createOwners } from "./owners.js";
import { Peers } from "./peers.js";
import { People } from "./people.js";
import { Projections } from "./projections.js";
import { createGroupHandlers, createListHandlers } from "./service.js";
import { createLevelStore, LEVEL_FORMAT } from "./store-level.js";

export interface GroupModuleDeps {
  readonly config: GroupConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Logger;
  /** Opens the database instead of the directory: for the simulation. */
  readonly open?: OpenEngine;
}

const AUTH_DEADLINE_MS = 3_000;

/** Opens the store, then serves Groups. Rejects with one clear sentence when it cannot, and leaves nothing open. */
export async function startGroup(deps: GroupModuleDeps): Promise<Module> {
  const { config, clock, log, open } = deps;
  const store = { directory: config.directory, log, clock, open };
  return serveFrom(store, LEVEL_FORMAT, (kv) => serve(deps, kv));
}

async function serve(deps: GroupModuleDeps, kv: KeyValueStore): Promise<Module> {
  const { config, network, clock, log } = deps;
  const { membersMax, cachedMax, name } = config;
  const store = createLevelStore(kv);
  const events = createGroupEvents(log);
  const auth = network.client(config.auth, AuthService, { deadlineMs: AUTH_DEADLINE_MS });
  const privacies = network.client(config.auth, PrivaciesService, { deadlineMs: AUTH_DEADLINE_MS });
  const owners = createOwners(network, config.sessions);
  const peers = new Peers(network, name, config.instances);
  const read = (group: string) => groups.read(group);
  const projections = new Projections({ store, peers, read, clock, log });
  const lists = new Lists({ store, peers, moving: () => projections.moving });
  const people = new People((users) => auth.getUsers({ users: [...users] }));
  const groups: Groups = new Groups({
    owners,
    projections,
    clock,
    events,
    existing: (users) => people.namesOf(users),
    notAddable: async (by, users) =>
      (await privacies.listNotAddable({ by, users: [...users] })).users,
    membersMax,
    cachedMax,
  });
  const server = network.server(config.listen);
  const parts = { groups, people, lists, projections, clock, log, events, membersMax, name };
  server.service(GroupsService, createGroupHandlers(parts));
  server.service(ListsService, createListHandlers(parts));
  const close = () => {
    for (const clients of [owners, peers, auth, privacies]) clients.close();
  };
  try {
    await projections.place();
    await server.start();
  } catch (error) {
    close();
    throw error;
  }
  projections.start();
  return {
    drain: (delayMs) => server.drain(delayMs),
    async stop() {
      await server.stop();
      await projections.stop();
      close();
      await store.close();
    },
  };
}
