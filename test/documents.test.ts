import assert from "node:assert/strict";
import { configTable } from "../app/config-table.js";
import { Origin } from "../gen/chat/common/v1/options.js";
import { clientFrames } from "../lib/contract.js";
import { read } from "./sources.js";

/** Lists that stand in the code and, for people, in a document: they must not drift apart. */
describe("the documents", () => {
  it("list every variable in docs/config.md, as make docs writes it", () => {
    assert.equal(read("docs/config.md"), configTable());
  });

  it("say in docs/presence.md which frames move last seen, as the contract does", () => {
    const rows = clientFrames().map(({ name, origin, automatic }) => {
      const counts = automatic > 0 ? "yes, unless `automatic`" : "yes";
      return origin === Origin.USER
        ? `| ${name} | user | ${counts} |`
        : `| ${name} | client | no |`;
    });
    const table = read("docs/presence.md").match(/^\| [a-z_]+ \| (user|client) \| .*$/gm);
    assert.deepEqual(table, rows);
  });

  it("explain every close code in gateway/README.md", () => {
    const codes = enumValues("client/v1/frames", "CloseCode").filter(({ value }) => value > 0);
    expectAll(
      "gateway/README.md",
      codes.map(({ value }) => String(value)),
    );
  });

  it("list every client frame in parser/README.md", () => {
    expectAll("parser/README.md", arms("client/v1/frames", "ClientFrame"));
  });

  it("map every error reason to a status in lib/errors.ts", () => {
    const reasons = enumValues("common/v1/errors", "ErrorReason").filter(({ value }) => value > 0);
    expectAll(
      "lib/errors.ts",
      reasons.map(({ name }) => `[ErrorReason.${name.replace("ERROR_REASON_", "")}]`),
    );
  });

  for (const service of ["auth", "parser", "session", "receipts", "group", "presence"]) {
    it(`name every RPC of ${service} in its README`, () => {
      const text = read(`proto/chat/${service}/v1/${service}.proto`);
      expectAll(
        `${service}/README.md`,
        [...text.matchAll(/^ {2}rpc (\w+)/gm)].map(([, name = ""]) => name),
      );
    });
  }
});

function expectAll(path: string, words: readonly string[]): void {
  const text = read(path);
  assert.ok(words.length > 0, "the list is not found");
  const missing = words.filter((word) => !text.includes(word));
  assert.deepEqual(missing, [], `${path} does not mention them`);
}

/** The body of a message or an enum of the contract, without nested braces. */
function body(file: string, kind: string, name: string): string {
  const text = read(`proto/chat/${file}.proto`);
  return text.split(new RegExp(`^${kind} ${name} \\{`, "m"))[1]?.split(/^\}/m)[0] ?? "";
}

function enumValues(file: string, name: string): { name: string; value: number }[] {
  const values = body(file, "enum", name).matchAll(/^ {2}([A-Z0-9_]+) = (\d+)/gm);
  return [...values].map(([, key = "", value]) => ({ name: key, value: Number(value) }));
}

function arms(file: string, message: string): string[] {
  const found = body(file, "message", message).matchAll(/^ {4}(\w+) \w+ = \d+/gm);
  return [...found].map(([, name = ""]) => name);
}
