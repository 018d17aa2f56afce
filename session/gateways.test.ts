import assert from "node:assert/strict";
import { FakeClock } from "../lib/fake-clock.js";
import type { Link } from "../lib/link/link.js";
import { Gateways } from "./gateways.js";
import type { Connection } from "./home-user.js";

const linkOf = (instance: string, boot: string) => ({ peer: { instance, boot } }) as Link;
const first = linkOf("parser-1", "bt_1");
const second = linkOf("parser-2", "bt_2");

/** A gateway with one connection, reached over the first parser, then announced by the second. */
function behindTwo() {
  const gateways = new Gateways(new FakeClock());
  gateways.linked("gw_1", first, true);
  gateways.linked("gw_1", second, true);
  const gateway = gateways.get("gw_1", second);
  const connection = { doubted: false } as Connection;
  gateway.connections.set(1, connection);
  return { gateways, gateway, connection };
}

describe("a gateway behind two parsers", () => {
  it("is reached over the one that is left when the other loses it", () => {
    const { gateways, gateway, connection } = behindTwo();
    gateways.linked("gw_1", first, false);
    assert.equal(gateways.get("gw_1", second), gateway);
    assert.equal(gateway.link, second);
    assert.equal(connection.doubted, true);
  });

  it("is reached over the one that is left when the other dies", () => {
    const { gateways, gateway } = behindTwo();
    gateways.parserDown(first);
    assert.equal(gateway.link, undefined);
    gateways.get("gw_1", second);
    assert.equal(gateway.link, second);
  });

  it("stays where it is when the other one comes and goes", () => {
    const { gateways, gateway, connection } = behindTwo();
    gateways.linked("gw_1", second, false);
    gateways.linked("gw_1", second, true);
    assert.equal(gateway.link, first);
    assert.equal(connection.doubted, false);
  });
});

describe("what went to a gateway before", () => {
  it("may be lost when a restarted parser announces it before the old one is known to be dead", () => {
    const { gateways, gateway, connection } = behindTwo();
    const again = linkOf("parser-1", "bt_3");
    gateways.linked("gw_1", again, true);
    gateways.parserDown(first);
    assert.equal(gateway.link, again);
    assert.equal(connection.doubted, true);
  });

  it("may be lost when the gateway has dialled the parser again before that noticed", () => {
    const { gateways, gateway, connection } = behindTwo();
    gateways.linked("gw_1", first, true);
    assert.equal(gateway.link, first);
    assert.equal(connection.doubted, true);
  });
});
