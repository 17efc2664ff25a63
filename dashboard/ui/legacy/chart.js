// A chart of one metric. The library comes from our own files, and only when a chart is shown.
import { t, language } from "./i18n.js";
import { axisTime, band } from "./series.js";
import { FONT_CSS, INK } from "../map/ink";
import { severityName } from "./say.js";

const SPAN_INK = { critical: "255,90,95", major: "242,163,60", minor: "217,194,124", warning: "111,168,220", info: "111,168,220" };
const STRIP = { ok: "#34414c", degraded: INK.degraded, down: INK.down };
let loading = null;

/** Plotly, loaded once; a failed load may be tried again. */
export function plotly() {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.base}/vendor/plotly/plotly-basic.min.js`;
    script.onload = () => done(window.Plotly);
    script.onerror = () => {
      loading = null;
      script.remove();
      failed(new Error("plotly"));
    };
    document.head.append(script);
  });
  return loading;
}

/** Draws `picture` = {one, start, end, spans, limits, health} into `node`; again into the same node it only changes. */
export async function draw(node, picture) {
  const library = await plotly();
  if (!node.isConnected) return;
  await library.react(node, traces(picture), layout(picture), { displayModeBar: false, responsive: true, doubleClick: "reset", scrollZoom: false });
  node.dataset.drawn = picture.one.metric;
}

export const forget = (node) => window.Plotly?.purge(node);

function traces({ one }) {
  const x = one.at.map(axisTime);
  const step = /\.up(\[|$)/.test(one.metric);
  const unit = one.unit ? ` ${escaped(one.unit)}` : "";
  const line = { x, y: one.value, type: "scatter", mode: one.known < 60 ? "lines+markers" : "lines", connectgaps: false, line: { color: "#d5dce3", width: 1.4, shape: step ? "hv" : "linear" }, marker: { size: 3.5, color: "#d5dce3" }, hovertemplate: `%{x|%Y-%m-%d %H:%M:%S}<br><b>%{y:.5~g}${unit}</b>` };
  if (!one.min) return [{ ...line, hovertemplate: `${line.hovertemplate}<extra></extra>` }];
  line.customdata = one.at.map((_, index) => [one.min[index], one.max[index]]);
  line.hovertemplate += `<br>${escaped(t("chart.minmax"))} %{customdata[0]:.5~g} – %{customdata[1]:.5~g}<extra></extra>`;
  return [{ ...band(one), type: "scatter", mode: "lines", fill: "toself", line: { width: 0 }, fillcolor: "rgba(143,160,176,0.28)", hoverinfo: "skip" }, line];
}

/** Chart texts know a few tags: what comes from outside must not be one of them. */
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/%/g, "&#37;");

function layout({ one, start, end, spans, limits, health }) {
  const small = { family: FONT_CSS, size: 12, color: INK.quiet };
  const block = (from, to, extra) => ({ type: "rect", xref: "x", yref: "paper", x0: axisTime(from), x1: axisTime(to), y0: 0.07, y1: 1, line: { width: 0 }, layer: "below", ...extra });
  const shapes = [
    ...one.gaps.map(([from, to]) => block(from, to, { fillcolor: "rgba(58,70,80,0.38)", line: { width: 1, color: "#3a4650", dash: "dot" } })),
    ...spans.map((span) => block(span.from, span.to, { fillcolor: `rgba(${SPAN_INK[span.severity] ?? SPAN_INK.info},0.17)`, line: { width: 1, color: `rgba(${SPAN_INK[span.severity] ?? SPAN_INK.info},0.55)` } })),
    ...limits.map((limit) => ({ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: limit.value, y1: limit.value, line: { color: limit.clear ? INK.quiet : limit.severity === "critical" ? INK.down : INK.degraded, width: limit.clear ? 0.8 : 1.2, dash: limit.clear ? "dot" : "dash" } })),
    ...health.map((span) => block(span.from, span.to, { y0: 0, y1: 0.035, layer: "above", fillcolor: STRIP[span.health] ?? "rgba(0,0,0,0)", line: { width: STRIP[span.health] ? 0 : 1, color: "#56636f", dash: "dot" } })),
  ];
  const note = { xref: "x", yref: "paper", showarrow: false, font: small };
  const wide = (end - start) * 0.06;
  const annotations = [
    ...one.gaps.filter(([from, to]) => to - from > wide).map(([from, to]) => ({ ...note, x: axisTime((from + to) / 2), y: 0.5, text: escaped(t("chart.nodata")) })),
    ...spans.filter((span) => span.to - span.from > wide).map((span) => ({ ...note, x: axisTime(span.from), xanchor: "left", y: 1, yanchor: "top", text: escaped(severityName(span.severity)) })),
    ...limits.map((limit) => ({ ...note, xref: "paper", yref: "y", x: 0, xanchor: "left", y: limit.value, yanchor: "bottom", text: escaped(t(limit.clear ? "chart.limit.clear" : "chart.limit", { op: limit.op, value: limit.value, rule: limit.rule })) })),
  ];
  const up = /\.up(\[|$)/.test(one.metric);
  const axis = { gridcolor: "#1c242b", linecolor: "#2b3640", zeroline: false, tickfont: small, fixedrange: false };
  const formats = [{ dtickrange: [null, 60000], value: "%H:%M:%S" }, { dtickrange: [60000, 86400000], value: "%H:%M\n%m-%d" }, { dtickrange: [86400000, null], value: "%m-%d\n%Y" }];
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 56, r: 14, t: 8, b: 38 }, showlegend: false, dragmode: "zoom", hovermode: "x",
    hoverlabel: { bgcolor: "#0b0e11", bordercolor: INK.edge, font: { ...small, color: INK.text } }, shapes, annotations, uirevision: `${one.metric} ${Math.round((end - start) / 3600000)} ${language()}`,
    xaxis: { ...axis, type: "date", anchor: "free", position: 0, range: [axisTime(start), axisTime(end)], tickformatstops: formats, ticks: "outside", tickcolor: "#2b3640" },
    yaxis: { ...axis, domain: [0.07, 1], fixedrange: true, rangemode: "tozero", ...(up ? { range: [-0.08, 1.12], tickvals: [0, 1], ticktext: [t("reading.false"), t("reading.true")] } : { title: { text: escaped(one.unit), font: small, standoff: 6 } }) },
  };
}
