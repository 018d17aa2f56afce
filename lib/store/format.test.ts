import assert from "node:assert/strict";
import { systemClock } from "../clock.js";
import { silentLogger } from "../log.js";
import { requireFormat } from "./format.js";
import { openLevel } from "./level.js";

const open = () => openLevel({ directory: "memory", log: silentLogger, clock: systemClock });

describe("the format of a store", () => {
  it("is the program's in an empty store, and no other from then on", async () => {
    const kv = await open();
    await requireFormat(kv, 2, "data/x");
    await requireFormat(kv, 2, "data/x");
    await assert.rejects(requireFormat(kv, 3, "data/x"), /data\/x has format 2.*reads format 3/);
    await kv.close();
  });

  it("is 1 where data is and no number", async () => {
    const kv = await open();
    await kv.write((batch) => batch.put(Buffer.from("l"), Buffer.from("row")));
    await requireFormat(kv, 1, "data/x");
    await assert.rejects(requireFormat(kv, 2, "data/x"), /has format 1/);
    await kv.close();
  });
});
