// Shapes: each state has a shape beside its colour, so that nobody needs to see the colour.
import { svg } from "./dom.js";

const PATHS = {
  diamond: "M8 0.6 15.4 8 8 15.4 0.6 8Z",
  triangle: "M8 1 15.6 14.6H0.4Z",
  square: "M1.6 1.6H14.4V14.4H1.6Z",
  hexagon: "M4.2 1.4H11.8L15.6 8 11.8 14.6H4.2L0.4 8Z",
  pentagon: "M8 0.8 15.4 6.2 12.6 15H3.4L0.6 6.2Z",
};

/** The shape of an alert's severity. */
export const SEVERITY_SHAPE = { critical: "diamond", major: "triangle", minor: "bar", warning: "square-small", info: "dot" };
/** The shape of an asset's shown state. */
export const HEALTH_SHAPE = { down: "diamond", degraded: "triangle", unknown: "ring-dashed", under: "ring", ok: "dot" };

const KIND_SHAPE = {
  site: "square", department: "square", platform: "square", building: "square",
  server: "hexagon", service: "hexagon", database: "hexagon", backup: "hexagon", storage: "hexagon",
  sensor: "pentagon", pump: "pentagon", gauge: "pentagon", ups: "pentagon",
  camera: "square", nvr: "square",
};

/** The silhouette of a kind of asset: circle for network devices and for kinds nobody listed. */
export const kindShape = (kind) => KIND_SHAPE[kind] ?? "circle";

function body(shape) {
  switch (shape) {
    case "dot": return svg("circle", { cx: 8, cy: 8, r: 4, fill: "currentColor" });
    case "circle": return svg("circle", { cx: 8, cy: 8, r: 6.6, fill: "currentColor" });
    case "bar": return svg("rect", { x: 1, y: 5, width: 14, height: 6, fill: "currentColor" });
    case "square-small": return svg("rect", { x: 3, y: 3, width: 10, height: 10, fill: "currentColor" });
    case "ring": return svg("circle", { cx: 8, cy: 8, r: 5, fill: "none", stroke: "currentColor", "stroke-width": 1.8 });
    case "ring-dashed":
      return svg("circle", { cx: 8, cy: 8, r: 6, fill: "none", stroke: "currentColor", "stroke-width": 2.2, "stroke-dasharray": "2.6 2.1" });
    case "chevron": return svg("path", { d: "M5 2.5 11 8 5 13.5", fill: "none", stroke: "currentColor", "stroke-width": 2 });
    case "check": return svg("path", { d: "M1.5 8.6 6 13 14.5 3.4", fill: "none", stroke: "currentColor", "stroke-width": 2.4 });
    default: return svg("path", { d: PATHS[shape] ?? PATHS.square, fill: "currentColor" });
  }
}

/** An icon that is drawn in the text's colour and size. */
export function icon(shape, className = "") {
  return svg("svg", { viewBox: "0 0 16 16", class: `icon ${className}`, "aria-hidden": "true" }, body(shape));
}

export const healthIcon = (state) => icon(HEALTH_SHAPE[state] ?? "ring-dashed", `is-${state}`);

/** An alert's mark: full while it stands, hollow once someone has it, a dot when it is over but unacknowledged. */
export function alertIcon(alert) {
  if (!alert.active) return icon("dot", "is-cleared");
  if (alert.quality === "bad" || alert.subject_kind === "source" || alert.stale_since) return icon("ring-dashed", `sev-${alert.severity}`);
  return icon(SEVERITY_SHAPE[alert.severity] ?? "dot", `sev-${alert.severity}`);
}
