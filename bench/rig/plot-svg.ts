import { type Mark, parse, type Scale, type Spec, View, Warn } from "vega";
import {
  type BarPlot,
  boxesOf,
  type LinePlot,
  type Plot,
  pointsOf,
  type StackPlot,
  whiskersOf,
} from "./plot.js";
import type { Row } from "./report.js";
import type { Spread } from "./stats.js";

const WIDTH = 560;
const LINES_HEIGHT = 280;
const LANE_HEIGHT = 24;
const VARIANT_GAP = 14;
const INK = "#24292f";
const REST = "#8c959f";
/** Okabe and Ito's colours, which people of every colour vision can tell apart. */
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];

/** The plot of the rows as an SVG document: the same bytes for the same figures. */
export async function svgOf(plot: Plot, rows: readonly Row[]): Promise<string> {
  const spec = plot.kind === "lines" ? linesSpec(plot, rows) : barsSpec(plot, rows);
  const view = new View(parse(spec), { renderer: "none", logLevel: Warn });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

function barsSpec(plot: BarPlot | StackPlot, rows: readonly Row[]): Spec {
  const boxes = boxesOf(plot, rows);
  const whiskers = whiskersOf(plot, rows);
  const lanes = [...new Set(whiskers.map(({ lane }) => lane))];
  const variants = [...new Set(whiskers.map(({ variant }) => variant))];
  const series = seriesOf(plot).filter((name) => boxes.some((box) => box.series === name));
  const bandHeight = lanes.length * LANE_HEIGHT + VARIANT_GAP;
  return {
    ...frame(plot, whiskers),
    height: variants.length * bandHeight,
    data: [
      { name: "boxes", values: boxes },
      { name: "whiskers", values: whiskers },
      { name: "ranges", values: whiskers.filter(isRange) },
    ],
    scales: [
      valueScale("width", [
        { data: "boxes", field: "to" },
        { data: "whiskers", field: "max" },
      ]),
      {
        name: "variant",
        type: "band",
        domain: variants,
        range: "height",
        padding: VARIANT_GAP / bandHeight,
      },
      {
        name: "lane",
        type: "band",
        domain: lanes,
        range: [0, { signal: "bandwidth('variant')" }],
        padding: 0.1,
      },
      colorScale(plot, series),
    ],
    axes: [
      { scale: "value", orient: "bottom", title: plot.axis, grid: true, tickCount: 6 },
      { scale: "variant", orient: "left", ticks: false, domain: true },
    ],
    legends: legends(series),
    marks: barMarks(),
  };
}

function barMarks(): Mark[] {
  const lane = (band: number) => ({
    scale: "variant",
    field: "variant",
    offset: { scale: "lane", field: "lane", offset: { scale: "lane", band } },
  });
  return [
    {
      type: "rect",
      from: { data: "boxes" },
      encode: {
        enter: {
          x: { scale: "value", field: "from" },
          x2: { scale: "value", field: "to" },
          y: lane(0),
          height: { scale: "lane", band: 1 },
          fill: { scale: "color", field: "series" },
        },
      },
    },
    ...whiskerMarks((field) => ({ x: { scale: "value", field }, y: lane(0.5) }), "x"),
    {
      type: "text",
      from: { data: "whiskers" },
      encode: {
        enter: {
          x: { scale: "value", field: "max", offset: 8 },
          y: lane(0.5),
          baseline: { value: "middle" },
          text: { field: "label" },
        },
      },
    },
  ];
}

function linesSpec(plot: LinePlot, rows: readonly Row[]): Spec {
  const points = pointsOf(plot, rows);
  const series = seriesOf(plot).filter((name) => points.some((point) => point.series === name));
  return {
    ...frame(plot, points),
    height: LINES_HEIGHT,
    data: [
      { name: "points", values: points },
      { name: "ranges", values: points.filter(isRange) },
    ],
    scales: [
      valueScale("height", [{ data: "points", field: "max" }]),
      {
        name: "over",
        type: "linear",
        domain: { data: "points", field: "over" },
        range: "width",
        zero: true,
        nice: true,
      },
      colorScale(plot, series),
    ],
    axes: [
      { scale: "value", orient: "left", title: plot.axis, grid: true, tickCount: 6 },
      { scale: "over", orient: "bottom", title: plot.overAxis, tickCount: 6 },
    ],
    legends: legends(series),
    marks: lineMarks(),
  };
}

function lineMarks(): Mark[] {
  const at = (field: string) => ({
    x: { scale: "over", field: "over" },
    y: { scale: "value", field },
  });
  const color = { scale: "color", field: "series" };
  return [
    {
      type: "group",
      from: { facet: { name: "line", data: "points", groupby: "series" } },
      marks: [
        {
          type: "line",
          from: { data: "line" },
          sort: { field: "datum.over" },
          encode: { enter: { ...at("median"), stroke: color, strokeWidth: { value: 2 } } },
        },
      ],
    },
    ...whiskerMarks(at, "y"),
    {
      type: "symbol",
      from: { data: "points" },
      encode: { enter: { ...at("median"), fill: color, size: { value: 50 } } },
    },
    {
      type: "text",
      from: { data: "points" },
      encode: {
        enter: {
          ...at("max"),
          dy: { value: -7 },
          align: { value: "center" },
          text: { field: "label" },
        },
      },
    },
  ];
}

/** A line from the least to the greatest value, with a cap at either end. */
function whiskerMarks(
  at: (field: string) => Record<"x" | "y", object>,
  along: "x" | "y",
): readonly Mark[] {
  return [
    {
      type: "rule",
      from: { data: "ranges" },
      encode: {
        enter: {
          ...at("min"),
          [`${along}2`]: at("max")[along],
          stroke: { value: INK },
        },
      },
    },
    ...["min", "max"].map(
      (field): Mark => ({
        type: "symbol",
        from: { data: "ranges" },
        encode: {
          enter: {
            ...at(field),
            shape: { value: "stroke" },
            angle: { value: along === "x" ? 90 : 0 },
            size: { value: 64 },
            stroke: { value: INK },
          },
        },
      }),
    ),
  ];
}

/** What every plot has: a white ground, since a page may be dark, and a title. */
function frame(plot: Plot, drawn: readonly Spread[]): Spec {
  const rounds = drawn.some(isRange) ? " · median and range of the rounds" : "";
  return {
    background: "white",
    padding: 12,
    width: WIDTH,
    autosize: "pad",
    title: {
      text: plot.title,
      subtitle: `${plot.better} is better${rounds}`,
      anchor: "start",
      frame: "group",
      offset: 12,
    },
    config: {
      title: { color: INK, fontSize: 15, subtitleColor: INK, subtitlePadding: 5 },
      axis: { labelColor: INK, titleColor: INK, labelFontSize: 12, titleFontSize: 12 },
      axisX: { titlePadding: 8 },
      axisY: { labelPadding: 6, titlePadding: 10 },
      legend: { labelColor: INK, labelFontSize: 12, labelLimit: 0, symbolType: "square" },
      text: { fill: INK, fontSize: 12 },
    },
  };
}

function valueScale(range: "width" | "height", fields: { data: string; field: string }[]): Scale {
  return { name: "value", type: "linear", domain: { fields }, range, zero: true, nice: true };
}

function colorScale(plot: Plot, series: readonly string[]): Scale {
  const all = seriesOf(plot);
  const rest = plot.kind === "stack" ? plot.rest : undefined;
  const color = (name: string) =>
    name === rest ? REST : (COLORS[all.indexOf(name) % COLORS.length] ?? INK);
  return { name: "color", type: "ordinal", domain: [...series], range: series.map(color) };
}

function legends(series: readonly string[]): Spec["legends"] {
  if (series.length < 2) return [];
  return [{ fill: "color", orient: "top", direction: "horizontal" }];
}

/** False for what was measured once: it has no whiskers. */
function isRange({ min, max }: Spread): boolean {
  return min < max;
}

function seriesOf(plot: Plot): string[] {
  if (plot.kind === "stack") return [...Object.values(plot.parts), plot.rest];
  return Object.values(plot.figures);
}
