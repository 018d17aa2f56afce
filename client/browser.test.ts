import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

/** Everything a module imports at run time, and what that imports. */
async function closure(url: URL, seen = new Map<string, string>()): Promise<Map<string, string>> {
  const source = await readFile(url, "utf8");
  for (const [, name = ""] of source.matchAll(
    /^(?:import|export)\b[^"'\n;=]*\bfrom ["']([^"']+)["']/gm,
  )) {
    const key = name.startsWith(".") ? new URL(name, url).href : name;
    if (seen.has(key)) continue;
    seen.set(key, url.href);
    if (name.startsWith(".")) await closure(new URL(name, url), seen);
  }
  return seen;
}

describe("the SDK for browsers", () => {
  it("imports nothing that needs Node", async () => {
    const imports = await closure(new URL("index.js", import.meta.url));
    const packages = [...imports.keys()].filter((name) => !name.startsWith("file:"));
    assert.deepEqual(packages, ["@bufbuild/protobuf/wire"]);
    assert.ok([...imports.keys()].every((name) => !name.includes("/lib/")));
    assert.ok(imports.size > 20);
  });
});
