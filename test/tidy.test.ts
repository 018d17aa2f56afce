import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { functionSizes, imports, read, root, type Source, sources } from "./sources.js";

const code = sources(".ts");
const SERVICES = ["auth", "receipts", "session", "group", "presence", "parser", "gateway"];
const LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;
const README_LINES_MAX = 60;

/** Which folders each folder may import; all may import themselves and packages. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: ["gen"],
  ...Object.fromEntries(SERVICES.map((service) => [service, ["gen", "lib"]])),
  client: ["gen", "lib"],
  cli: ["client"],
  app: ["gen", "lib", ...SERVICES],
  test: ["gen", "lib", ...SERVICES, "client", "cli", "app"],
  bench: ["gen", "lib", ...SERVICES, "client", "app", "test"],
};

describe("the house rules", () => {
  it("let imports go one way, and keep the services apart", () => {
    expectNone(code, ({ folder, path, ...source }) =>
      imports({ folder, path, ...source })
        .filter((name) => name.includes("/") && name.endsWith(".js"))
        .map((name) => name.split("/")[0] ?? "")
        .filter((target) => target !== folder && target in { ...MAY_IMPORT, gen: true })
        .filter((target) => !(MAY_IMPORT[folder] ?? []).includes(target))
        .map((target) => `imports ${target}/`),
    );
  });

  it("let the client import only the public contract, and of lib/ only what browsers have", () => {
    const client = code.filter(({ folder, isTest }) => folder === "client" && !isTest);
    const bound = code.filter((source) => imports(source).some((name) => !name.endsWith(".js")));
    const banned = new Set(bound.map(({ path }) => path.replace(/ts$/, "js")));
    expectNone(client, (source) =>
      imports(source)
        .filter((name) => (name.startsWith("lib/") ? banned.has(name) : name.startsWith("gen/")))
        .filter((name) => !name.startsWith("gen/chat/client/"))
        .map((name) => `imports ${name}`),
    );
  });

  it("keep the WebSocket server behind one file", () => {
    // A floor of the benches is that server and nothing around it.
    const product = code.filter(({ path }) => !path.startsWith("bench/floors/"));
    const users = product.filter((source) => imports(source).includes("uWebSockets.js"));
    assert.ok(users.length <= 1, `uWebSockets.js in ${users.map(({ path }) => path).join(", ")}`);
  });

  it(`keep files within ${LINES_MAX} lines`, () => {
    expectNone(code, ({ lines }) =>
      lines.length > LINES_MAX ? [`has ${lines.length} lines`] : [],
    );
  });

  it(`keep functions within ${FUNCTION_LINES_MAX} lines`, () => {
    expectNone(code, (source) =>
      functionSizes(source)
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ line, lines }) => `line ${line}: a function of ${lines} lines`),
    );
  });

  it("have every folder compiled: a test that is not would be one that cannot fail", () => {
    const { include } = JSON.parse(read("tsconfig.json")) as { include: readonly string[] };
    const folders = new Set(code.map(({ folder }) => folder));
    const missing = [...folders].filter((folder) => !include.includes(`${folder}/**/*.ts`));
    assert.deepEqual(missing, []);
  });

  it("ban names that say nothing", () => {
    expectNone(code, ({ path }) =>
      /(^|[/-])(utils?|helpers?|common|managers?|misc)([./-]|$)/.test(path) ? ["says nothing"] : [],
    );
  });

  it("ban sleeping, lone and disabled tests", () => {
    const BANNED =
      /\bsetTimeout\(|timers\/promises|\b(it|describe)\.only\(|\b(it|describe)\.skip\(/;
    expectNone(
      code.filter(({ isTest, path }) => isTest && path !== "test/tidy.test.ts"),
      ({ lines }) => lines.filter((line) => BANNED.test(line)).map((line) => line.trim()),
    );
  });

  it("ban printing outside of programs for people", () => {
    const services = code.filter(({ folder }) => ["lib", "client", ...SERVICES].includes(folder));
    expectNone(services, ({ text }) => (/\bconsole\./.test(text) ? ["uses console"] : []));
  });

  it("name no machine and no package registry", () => {
    const files = ["", ".md", ".json", ".yaml", "Makefile", ".ts", ".proto"].slice(1);
    expectNone(
      files.flatMap((ending) => sources(ending)).filter(({ path }) => path !== "test/tidy.test.ts"),
      ({ text }) =>
        text.match(/(?<![\w.])\/(home|Users|root|work|mnt|opt)\/\w+|"resolved": /g) ?? [],
    );
  });

  for (const service of SERVICES) {
    it(`give ${service}/ its README, config and module`, () => {
      for (const file of ["README.md", "config.ts", "module.ts"]) {
        assert.ok(existsSync(join(root, service, file)), `${service}/${file} is missing`);
      }
      const length = read(`${service}/README.md`).split("\n").length - 1;
      assert.ok(length <= README_LINES_MAX, `${service}/README.md has ${length} lines`);
    });
  }
});

/** Fails with one line per finding: which file, what is wrong. */
function expectNone(files: readonly Source[], find: (source: Source) => readonly string[]): void {
  const findings = files.flatMap((file) => find(file).map((what) => `${file.path}: ${what}`));
  assert.deepEqual(findings, []);
}
