import assert from "node:assert/strict";
import { publicGroups } from "../../gateway/public-json.js";
import { clientFrames, messageOf, registry } from "../../lib/contract.js";
import { onTopology } from "../topologies.js";
import { ACTIONS, type Cell, FRAMES, type Row, RPCS, STATES, WHO } from "./rows.js";
import { Stage } from "./stage.js";

/**
 * Who may do what to a group, in every state of it: one row per frame, RPC and action of the contract, one cell per role and state. The
 * contract says what there is, so a new frame or action fails here until somebody has said who may use it.
 */

const arms = clientFrames().map(({ name }) => name);
const methods = registry.getService("chat.group.v1.Groups")?.methods ?? [];
const actions = messageOf("chat.group.v1.ChangeGroupRequest").oneofs[0]?.fields ?? [];

describe("the authorisation matrix", () => {
  it("has a row for every frame of clients", () => {
    assert.deepEqual(Object.keys(FRAMES).sort(), [...arms].sort());
  });

  it("has a row for every RPC of groups, and every one is public or has none", () => {
    const names = methods.map(({ localName }) => localName);
    const reachable = Object.values(publicGroups.rpcs).map(({ rpc }) => rpc as string);
    assert.deepEqual(Object.keys(RPCS).sort(), names.sort());
    assert.deepEqual(reachable.sort(), names);
  });

  it("has a row for every action on a group", () => {
    const names = actions.map(({ localName }) => localName);
    assert.deepEqual(Object.keys(ACTIONS).sort(), names.sort());
  });
});

onTopology("all", "the authorisation matrix", (scope) => {
  for (const state of STATES) {
    describe(`of a group that is ${state}`, () => {
      let stage: Stage;
      before(async () => {
        stage = await Stage.set(scope.mesh, state);
      });

      const rows: [string, Row, (who: (typeof WHO)[number]) => Promise<string>][] = [
        ...Object.entries(FRAMES).map(([name, row]): (typeof rows)[number] => {
          return [`frame ${name}`, row, (who) => stage.frame(name, who)];
        }),
        ...Object.entries(RPCS).map(([name, row]): (typeof rows)[number] => {
          return [`RPC ${name}`, row, (who) => stage.rpc(name, who)];
        }),
        ...Object.entries(ACTIONS).map(([name, row]): (typeof rows)[number] => {
          return [`action ${name}`, row, (who) => stage.action(name, who)];
        }),
      ];
      for (const [name, row, run] of rows) {
        const cells = row[state];
        if (cells === "not about a group") continue;
        it(name, async () => {
          const seen: Partial<Record<(typeof WHO)[number], Cell>> = {};
          for (const who of WHO) seen[who] = await run(who);
          assert.deepEqual(seen, cells);
        });
      }
    });
  }
});
