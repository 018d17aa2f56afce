import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  publicAbout,
  publicBlocks,
  publicContacts,
  publicPrivacy,
} from "../../gateway/public-json.js";
import { registry } from "../../lib/contract.js";
import { call, type Device, type Failure, register } from "../people.js";
import { onTopology } from "../topologies.js";

/** RPCs of chat.auth.v1.Privacies that clients reach, by path, and a request that is good. */
const PUBLIC: Readonly<Record<string, (peer: Device) => object>> = {
  "blocks/add": (peer) => ({ requestId: randomUUID(), blocked: peer.user }),
  "blocks/remove": (peer) => ({ requestId: randomUUID(), blocked: peer.user }),
  "blocks/list": () => ({}),
  "contacts/add": (peer) => ({ requestId: randomUUID(), contacts: [peer.user] }),
  "contacts/remove": (peer) => ({ requestId: randomUUID(), contacts: [peer.user] }),
  "contacts/list": () => ({}),
  "about/get": (peer) => ({ user: peer.user }),
  "about/set": () => ({ requestId: randomUUID(), text: "at work" }),
  "privacy/get": () => ({}),
  "privacy/set": () => ({ requestId: randomUUID(), settings: { online: "VISIBILITY_NOBODY" } }),
};
/** Those that only services reach. */
const INTERNAL: readonly string[] = ["listNotAddable", "watchAudiences"];

const services = [publicAbout, publicBlocks, publicContacts, publicPrivacy];

describe("the authorisation matrix of privacy", () => {
  it("has a row for every RPC", () => {
    const reachable = services.flatMap(({ name, rpcs }) => {
      return Object.entries(rpcs).map(([path, { rpc }]) => [`${name}/${path}`, rpc] as const);
    });
    assert.deepEqual(Object.keys(PUBLIC).sort(), reachable.map(([path]) => path).sort());
    const methods = registry.getService("chat.auth.v1.Privacies")?.methods ?? [];
    const known = [...INTERNAL, ...reachable.map(([, rpc]) => rpc)];
    assert.deepEqual(known.sort(), methods.map(({ localName }) => localName).sort());
  });
});

onTopology("all", "the authorisation matrix of privacy", (scope) => {
  let anna: Device;
  let ben: Device;
  before(async () => {
    [anna, ben] = await Promise.all([register(scope.mesh), register(scope.mesh)]);
  });

  for (const [path, request] of Object.entries(PUBLIC)) {
    it(`${path}: whoever has an access token, for himself`, async () => {
      const { mesh } = scope;
      const ask = (body: object, token?: string) => call<Failure>(mesh, path, body, token);
      for (const token of [undefined, "x", anna.refreshToken]) {
        const { status, body } = await ask(request(ben), token);
        assert.deepEqual([status, body.reason], [401, "UNAUTHENTICATED"]);
      }
      // Whose it is says the token, not the body.
      const own = await ask({ ...request(ben), user: ben.user }, anna.accessToken);
      assert.equal(own.status, 200, JSON.stringify(own.body));
      const bens = await call<{ blocked?: object[] }>(mesh, "blocks/list", {}, ben.accessToken);
      assert.deepEqual(bens.body, {});
      const his = await call<object>(mesh, "contacts/list", {}, ben.accessToken);
      assert.deepEqual(his.body, {});
      const unknown = await ask({ ...request(ben), nonsense: 1 }, anna.accessToken);
      assert.deepEqual([unknown.status, unknown.body.reason], [400, "INVALID"]);
    });
  }
});
