import { type Mesh, type MeshOptions, startMesh, type Topology, topologies } from "./mesh.js";

/** Password hashing at its cheapest and no rate limits: the tests register hundreds of people from one address. */
export const QUICK = {
  CHAT_AUTH_ARGON2_MEMORY_KIB: "1024",
  CHAT_AUTH_ARGON2_PASSES_COUNT: "1",
  CHAT_AUTH_LIMIT_REGISTER_ADDRESS_COUNT: "0",
  CHAT_AUTH_LIMIT_LOGIN_ADDRESS_COUNT: "0",
  CHAT_AUTH_LIMIT_LOGIN_NAME_COUNT: "0",
  CHAT_AUTH_LIMIT_LOOKUP_CALLER_COUNT: "0",
  CHAT_GATEWAY_USER_CALLS_PER_SECOND: "1000000",
  CHAT_GATEWAY_USER_CALLS_BURST: "1000000",
  CHAT_AUTH_LIMIT_PRIVACY_CALLER_COUNT: "0",
};

export interface Scope {
  readonly topology: Topology;
  /** The mesh of this block; there from the first `before` on. */
  readonly mesh: Mesh;
}

/** Describes the same behaviour for a mesh of each topology. */
export function onEveryTopology(title: string, define: (scope: Scope) => void): void {
  for (const topology of topologies) onTopology(topology, title, define);
}

/** Describes behaviour of one mesh, started before its tests and stopped after them; its output is shown on failure. */
export function onTopology(
  topology: Topology,
  title: string,
  define: (scope: Scope) => void,
  env: MeshOptions["env"] = {},
): void {
  describe(`${title} (${topology})`, function () {
    this.timeout(60_000);
    let mesh: Mesh | undefined;

    before(async () => {
      mesh = await startMesh({ topology, env: { ...QUICK, ...env } });
    });
    afterEach(function () {
      if (this.currentTest?.state === "failed") console.log(mesh?.output());
    });
    after(async () => mesh?.stop());

    define({
      topology,
      get mesh() {
        if (!mesh) throw new Error("the mesh is there only while tests run");
        return mesh;
      },
    });
  });
}
