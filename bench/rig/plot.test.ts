import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisMachine } from "./machine.js";
import { type BarPlot, boxesOf, type LinePlot, partsOf, pointsOf, type StackPlot } from "./plot.js";
import { svgOf } from "./plot-svg.js";
import { figuresOf, publish, type Report, type Row, sectionOf } from "./report.js";

const spread = (median: number) => ({ median, min: median * 0.75, max: median * 1.25 });
const row = (variant: string, figures: Record<string, number>): Row => ({
  variant,
  figures: Object.fromEntries(Object.entries(figures).map(([name, n]) => [name, spread(n)])),
});
const said = { title: "Cost", axis: "CPU per message (µs)", better: "lower" } as const;
const bars: BarPlot = { ...said, kind: "bars", figures: { p50: "half", p99: "slowest" } };
const stack: StackPlot = {
  ...said,
  kind: "stack",
  whole: "cpu",
  parts: { a: "gateway", b: "session" },
  rest: "undivided",
};
const lines: LinePlot = {
  ...said,
  kind: "lines",
  figures: { kib: "memory" },
  over: { few: 100, more: 400 },
  overAxis: "idle devices",
};
const latencies = [row("one", { p50: 1, p99: 2.5 }), row("two", { p50: 2000, p99: 4000 })];
const costs = [row("all", { cpu: 12 }), row("mesh", { cpu: 20, a: 8, b: 9 }), row("idle", {})];
const growth = ["more", "few", "none"].map((name, i) => row(name, { kib: 1800 / (i + 1) }));

describe("plots", () => {
  it("are well-formed documents that say the values, names, units and what is better", async () => {
    const texts = textsOf(await svgOf(bars, latencies));
    for (const text of ["1", "2.5", "2,000", "4,000", "one", "two", "half", "slowest"]) {
      assert.ok(texts.includes(text), `${text} is not among ${texts}`);
    }
    assert.ok(texts.includes("Cost") && texts.includes("CPU per message (µs)"));
    assert.ok(texts.some((text) => text.startsWith("lower is better")));
    const higher = textsOf(await svgOf({ ...bars, better: "higher" }, latencies));
    assert.ok(higher.some((text) => text.startsWith("higher is better")));
  });

  it("are the same for the same figures", async () => {
    const draw = async () => [
      await svgOf(bars, latencies),
      await svgOf(stack, costs),
      await svgOf(lines, growth),
    ];
    assert.deepEqual(await draw(), await draw());
  });

  it("have bars as long as their values, and whiskers as wide as their ranges", async () => {
    const svg = await svgOf({ ...bars, figures: { p50: "half" } }, [
      row("one", { p50: 20 }),
      row("two", { p50: 40 }),
    ]);
    const widths = (group: string, length: RegExp) =>
      [...partOf(svg, group).matchAll(length)].map(([, width]) => Number(width));
    const [one = 0, two = 0] = widths("mark-rect", / d="M0,[\d.]+h([\d.]+)v/g);
    assert.ok(one > 50 && Math.abs(two / one - 2) < 0.05, `${one} and ${two}`);
    const [range = 0] = widths("mark-rule role-mark", / x2="(-?[\d.]+)"/g);
    assert.ok(Math.abs(Math.abs(range) / one - 0.5) < 0.05, `${range} and ${one}`);
  });

  it("divide a bar where there are parts, and show what no part covers", async () => {
    const box = { variant: "mesh", lane: "" };
    assert.deepEqual(boxesOf(stack, costs), [
      { variant: "all", lane: "", series: "undivided", from: 0, to: 12 },
      { ...box, series: "gateway", from: 0, to: 8 },
      { ...box, series: "session", from: 8, to: 17 },
      { ...box, series: "undivided", from: 17, to: 20 },
    ]);
    const texts = textsOf(await svgOf(stack, costs));
    assert.ok(["gateway", "session", "undivided", "mesh", "20"].every((t) => texts.includes(t)));
    assert.ok(!texts.includes("idle"), "a row without the figure is drawn");
  });

  it("find the parts of a whole by the ending of their names", () => {
    const rows = [row("all", { cpu_us: 3 }), row("mesh", { cpu_us: 4, a_us: 1, b_us: 3, b: 1 })];
    assert.deepEqual(partsOf(rows, "_us", "cpu_us"), { a_us: "a", b_us: "b" });
  });

  it("have no whiskers where a figure was measured once", async () => {
    const once = { variant: "one", figures: { p50: { median: 5, min: 5, max: 5 } } };
    const svg = await svgOf({ ...bars, figures: { p50: "half" } }, [once]);
    assert.ok(!partOf(svg, "mark-rule role-mark").includes("<line"));
    assert.ok(textsOf(svg).includes("lower is better"));
  });

  it("are refused when no row has what they draw", () => {
    const report = { bench: "a", question: "?", method: "", rows: latencies, derived: {} };
    figuresOf({ ...report, plots: { x: bars } });
    assert.throws(() => figuresOf({ ...report, plots: { x: stack } }), /a: no cpu to draw/);
    assert.throws(() => figuresOf({ ...report, plots: { x: lines } }), /a: no kib to draw/);
  });

  it("draw a line through the steps of a figure", async () => {
    assert.deepEqual(
      pointsOf(lines, growth).map(({ over, median, label }) => [over, median, label]),
      [
        [400, 1800, "1,800"],
        [100, 900, "900"],
      ],
    );
    const svg = await svgOf(lines, growth);
    assert.ok(["idle devices", "1,800", "900"].every((text) => textsOf(svg).includes(text)));
    const [, ...xs] = / d="M([\d.]+),[\d.]+L([\d.]+),/.exec(partOf(svg, "mark-line")) ?? [];
    assert.ok(Number(xs[0]) < Number(xs[1]), "the line does not go from few to many");
  });

  it("escape what is text", async () => {
    const title = 'a < b & "c" > <script>';
    const svg = await svgOf({ ...bars, title }, [row("<x>&amp;", { p50: 1 })]);
    assert.ok(!svg.includes("<script") && !svg.includes("<x>"));
    assert.ok(textsOf(svg).includes(title) && textsOf(svg).includes("<x>&amp;"));
  });

  it("are published with their section, in place of those the same bench drew before", async () => {
    const directory = mkdtempSync(join(tmpdir(), "cm-"));
    const report = (bench: string, plots: Report["plots"]): Report => {
      return { bench, question: "?", method: "", rows: latencies, derived: {}, plots };
    };
    const machine = thisMachine(new Date(0));
    await publish(report("a", { old: bars, kept: bars }), machine, directory);
    await publish(report("ab", { other: bars }), machine, directory);
    await publish(report("a", { kept: bars }), machine, directory);
    const drawn = (file: string) => existsSync(join(directory, "plots", file));
    assert.ok(drawn("a.kept.svg") && drawn("ab.other.svg") && !drawn("a.old.svg"));
    const text = readFileSync(join(directory, "RESULTS.md"), "utf8");
    assert.deepEqual(text.match(/!\[.*\]\(.*\)/g), [
      "![Plot: Cost; CPU per message (µs), lower is better.](plots/a.kept.svg)",
      "![Plot: Cost; CPU per message (µs), lower is better.](plots/ab.other.svg)",
    ]);
    rmSync(directory, { recursive: true });
  });

  it("have an alternative text that brackets do not end", () => {
    const title = "cost [µs] \\";
    const report = { bench: "a", question: "?", method: "", rows: latencies, derived: {} };
    const section = sectionOf({ ...report, plots: { x: { ...bars, title } } }, thisMachine());
    assert.match(section, /!\[Plot: cost \\\[µs\\\] \\\\; /);
  });
});

/** Every text of the document; throws if its elements are not nested. */
function textsOf(svg: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  const parts = /<(\/?)([\w:]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  for (let match = parts.exec(svg); match; match = parts.exec(svg)) {
    const [, closing, name = "", , empty, text] = match;
    if (text !== undefined) texts.push(unescaped(text));
    else if (closing) assert.equal(open.pop(), name);
    else if (!empty) open.push(name);
    if (parts.lastIndex === svg.length) {
      assert.deepEqual(open, []);
      return texts;
    }
  }
  throw new Error("not well-formed");
}

function unescaped(text: string): string {
  assert.ok(!/&(?!(lt|gt|quot|amp);)/.test(text), `a bare & in ${text}`);
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

/** The group of that class, up to its end. */
function partOf(svg: string, group: string): string {
  const start = svg.indexOf(`class="${group}`);
  assert.ok(start >= 0, `no ${group}`);
  return svg.slice(start, svg.indexOf("</g>", start));
}
