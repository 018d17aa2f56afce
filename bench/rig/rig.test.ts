import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { treeCpuUs } from "./cpu.js";
import { thisMachine } from "./machine.js";
import { seededBytes, seededRandom } from "./random.js";
import { figuresOf, publish, type Report, type Row } from "./report.js";
import { interleaved } from "./rounds.js";
import { rounded, spreadOf } from "./stats.js";

const report = (bench: string, value: number): Report => ({
  bench,
  question: "how much?",
  method: "By counting.",
  rows: [{ variant: "one", figures: { per_s: spreadOf([value, value + 2, value + 1]) } }],
  derived: { ratio: 1.23456 },
});

/** A report whose row has its figures under a prefix that is not the bench's name. */
function shared(bench: string, prefix: string): Report {
  const plain = report(bench, 1);
  return { ...plain, rows: plain.rows.map((row) => ({ ...row, prefix })), prefixes: [prefix] };
}

describe("bench rig", () => {
  it("finds the middle and the range", () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
    assert.deepEqual(spreadOf([7]), { median: 7, min: 7, max: 7 });
    assert.throws(() => spreadOf([]));
    assert.equal(rounded(123_456.7), 123_500);
  });

  it("gives the same random numbers for the same seed", () => {
    const [a, b, c] = [seededRandom(1), seededRandom(1), seededRandom(2)];
    const first = Array.from({ length: 100 }, a);
    assert.deepEqual(first, Array.from({ length: 100 }, b));
    assert.notDeepEqual(first, Array.from({ length: 100 }, c));
    assert.ok(first.every((n) => n >= 0 && n < 1));
    assert.deepEqual(seededBytes(seededRandom(3), 9), seededBytes(seededRandom(3), 9));
  });

  it("runs the variants in turn and throws the warm-up away", async () => {
    const order: string[] = [];
    const variant = (name: string) => ({ name, run: async () => order.push(name) });
    const results = await interleaved([variant("a"), variant("b")], { rounds: 2, warmUps: 1 });
    assert.deepEqual(order, ["a", "b", "a", "b", "a", "b"]);
    assert.deepEqual(
      [...results],
      [
        ["a", [3, 5]],
        ["b", [4, 6]],
      ],
    );
  });

  it("counts the CPU time of this process and its children", () => {
    const tree = treeCpuUs(process.pid);
    assert.ok((tree.get(process.pid) ?? -1) >= 0);
    assert.ok(!tree.has(process.ppid));
  });

  it("publishes medians by name, and replaces only what the same bench said before", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cm-"));
    const machine = thisMachine(new Date(0));
    await publish(report("b", 10), machine, directory);
    await publish(report("a", 20), machine, directory);
    await publish(report("b", 30), machine, directory);
    const json = JSON.parse(readFileSync(join(directory, "results.json"), "utf8"));
    assert.equal(json["a.one.per_s"], 21);
    assert.equal(json["b.one.per_s"], 31);
    assert.equal(json["b.ratio"], 1.235);
    assert.equal(json["a.machine"].date, "1970-01-01");
    const text = readFileSync(join(directory, "RESULTS.md"), "utf8");
    assert.deepEqual(text.match(/^## .*/gm), ["## a: how much?", "## b: how much?"]);
    assert.match(text, /\| one \| 31 \(30–32\) \|/);
    rmSync(directory, { recursive: true });
  });

  it("names every figure after its bench and variant, or as the row says", () => {
    assert.deepEqual(figuresOf(report("x", 1)), { "x.one.per_s": 2, "x.ratio": 1.235 });
    const elsewhere = shared("x", "peer.a.x.");
    assert.deepEqual(figuresOf(elsewhere), { "peer.a.x.per_s": 2, "x.ratio": 1.235 });
  });

  it("refuses a figure that another bench could replace, and one name for two", () => {
    const stray = shared("x", "y.");
    assert.throws(() => figuresOf({ ...stray, prefixes: [] }), /x: y\.per_s/);
    const row = stray.rows[0] as Row;
    assert.throws(() => figuresOf({ ...stray, rows: [row, row] }), /x: y\.per_s/);
  });

  it("leaves no figure of an older run under any of a bench's prefixes, and those of others", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cm-"));
    const machine = thisMachine(new Date(0));
    await publish(shared("x", "peer.a.x."), machine, directory);
    await publish(shared("x200", "peer.a.x200."), machine, directory);
    await publish({ ...shared("x", "peer.a.x."), rows: [] }, machine, directory);
    const json = JSON.parse(readFileSync(join(directory, "results.json"), "utf8"));
    assert.deepEqual(Object.keys(json), [
      "peer.a.x200.per_s",
      "x.machine",
      "x.ratio",
      "x200.machine",
      "x200.ratio",
    ]);
    const text = readFileSync(join(directory, "RESULTS.md"), "utf8");
    assert.deepEqual(text.match(/^## .*/gm), ["## x: how much?", "## x200: how much?"]);
    rmSync(directory, { recursive: true });
  });
});
