/** Colours of the map: the tokens of the pages, as the map library needs them. */
export const INK = {
  ground: "#0e1216", land: "#161d24", edge: "#4a5a67", outer: "#2b3640", water: "#1d3347", road: "#27323b",
  text: "#d5dce3", quiet: "#9aa7b3", ok: "#7d8d9b", down: "#ff5a5f", degraded: "#f2a33c", unknown: "#a3afba",
  under: "#a5686b", minor: "#d8c37a", selection: "#6fa8dc", exercise: "#b08fe0", box: "#10161b",
} as const;
export const WARNING_INK = { red: "#e5484d", orange: "#e8833a", yellow: "#f2c53c", blue: "#4f88c6" } as const;

/** Shown states of a node, from the least to the most urgent. */
export const STATES = ["ok", "under", "unknown", "degraded", "down"] as const;
export type State = (typeof STATES)[number];

const FAMILIES = [
  "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "sans-serif",
];
export const FONT = FAMILIES;
export const FONT_CSS = FAMILIES.map((name) => (name.includes(" ") ? `"${name}"` : name)).join(",");
