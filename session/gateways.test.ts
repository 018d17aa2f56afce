import assert from "node:assert/strict";
import { FakeClock } from "../lib/fake-clock.js";
import type { Link } from "../lib/link/link.js";
import { Gateways } from "./gateways.js";

const [first, second] = [{} as Link, {} as Link];

describe("a gateway behind two parsers", () => {
  it("is reached over the one that is left when the other loses it", () => {
    const gateways = new Gateways(new FakeClock());
    gateways.linked("gw_1", first, true);
    gateways.linked("gw_1", second, true);
    gateways.linked("gw_1", second, false);
    assert.equal(gateways.get("gw_1", first).link, first);
  });

  it("is reached over the one that is left when the other dies", () => {
    const gateways = new Gateways(new FakeClock());
    gateways.linked("gw_1", first, true);
    gateways.linked("gw_1", second, true);
    gateways.parserDown(second);
    assert.equal(gateways.get("gw_1", first).link, first);
  });

  it("is not reached over one that says that it lost it", () => {
    const gateways = new Gateways(new FakeClock());
    gateways.linked("gw_1", first, true);
    gateways.linked("gw_1", first, false);
    assert.equal(gateways.all.get("gw_1")?.link, undefined);
  });
});
