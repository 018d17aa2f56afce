import assert from "node:assert/strict";
import { newId } from "../lib/ids.js";
import type { Network } from "../lib/rpc/network.js";
import { GroupClients } from "./group-clients.js";

/** Clients that know where they lead. */
function clientsOf(count: number) {
  const client = (address: string) => ({ address, close() {} });
  const network = { client } as unknown as Pick<Network, "client">;
  const instances = Array.from({ length: count }, (_, i) => {
    return { name: `group-${i + 1}`, address: `local:group-${i + 1}` };
  });
  const clients = new GroupClients(network, instances);
  return (request: object) => {
    return (clients.for({ ...request }) as unknown as { address: string }).address;
  };
}

const groups = Array.from({ length: 4_000 }, () => newId("gr"));

describe("the instances of the group service", () => {
  it("get each group's requests always at the same one, whoever asks", () => {
    const [a, b] = [clientsOf(3), clientsOf(3)];
    for (const group of groups.slice(0, 100)) {
      const places = [a({ group, user: "us_a" }), b({ group, user: "us_b" })];
      assert.equal(new Set(places).size, 1);
    }
    assert.equal(a({ user: "us_a" }), b({ group: "", user: "us_a" }), "and lists by their user");
  });

  it("share the groups evenly", () => {
    const place = clientsOf(4);
    const counts = new Map<string, number>();
    for (const group of groups)
      counts.set(place({ group }), (counts.get(place({ group })) ?? 0) + 1);
    assert.equal(counts.size, 4);
    for (const count of counts.values()) {
      assert.ok(count > groups.length / 8 && count < groups.length / 2, `${count} at one`);
    }
  });

  it("give up only what a new one takes over", () => {
    const [old, now] = [clientsOf(4), clientsOf(5)];
    const moved = groups.filter((group) => old({ group }) !== now({ group }));
    for (const group of moved) assert.equal(now({ group }), "local:group-5");
    assert.ok(moved.length > groups.length / 10 && moved.length < groups.length / 3);
  });
});
