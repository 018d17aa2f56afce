import assert from "node:assert/strict";
import { z } from "zod";
import { integer, text } from "../lib/env.js";
import { explain, printConfig } from "./print-config.js";

const schema = {
  CHAT_X_PORT: integer(1, 9, 4, "A port."),
  CHAT_X_SECRET: text("", "Something to hide."),
  CHAT_X_LIST: z
    .string()
    .default("a,b")
    .describe("A list.")
    .transform((list) => list.split(",")),
};

describe("--print-config", () => {
  it("shows values that are set, defaults where none are, and what each means", () => {
    const shown = printConfig(schema, { CHAT_X_PORT: "7", CHAT_X_LIST: "", OTHER: "x" });
    assert.equal(
      shown,
      "# A port.\nCHAT_X_PORT=7\n\n# Something to hide.\nCHAT_X_SECRET=\n\n# A list.\nCHAT_X_LIST=a,b\n",
    );
  });

  it("never shows a secret", () => {
    const shown = printConfig(schema, { CHAT_X_SECRET: "swordfish" });
    assert.ok(shown.includes("CHAT_X_SECRET=***"));
    assert.ok(!shown.includes("swordfish"));
  });

  it("finds description and default through every layer of a type", () => {
    assert.deepEqual(explain(schema.CHAT_X_PORT), { description: "A port.", fallback: "4" });
    assert.deepEqual(explain(schema.CHAT_X_LIST), { description: "A list.", fallback: "a,b" });
  });
});
