/** Shapes: each state has a shape beside its colour, so that nobody needs to see the colour. */
import type { AlertRecord } from "../records";

export type ShapeName =
  | "diamond" | "triangle" | "square" | "hexagon" | "pentagon" | "dot" | "circle" | "bar" | "square-small" | "ring"
  | "ring-dashed" | "chevron" | "check" | "pause" | "hatched";

const PATHS: Partial<Record<ShapeName, string>> = {
  diamond: "M8 0.6 15.4 8 8 15.4 0.6 8Z",
  triangle: "M8 1 15.6 14.6H0.4Z",
  square: "M1.6 1.6H14.4V14.4H1.6Z",
  hexagon: "M4.2 1.4H11.8L15.6 8 11.8 14.6H4.2L0.4 8Z",
  pentagon: "M8 0.8 15.4 6.2 12.6 15H3.4L0.6 6.2Z",
};

const SEVERITY: Readonly<Record<string, ShapeName>> = {
  critical: "diamond", major: "triangle", minor: "bar", warning: "square-small", info: "dot",
};
const HEALTH: Readonly<Record<string, ShapeName>> = {
  down: "diamond", degraded: "triangle", unknown: "ring-dashed", under: "ring", ok: "dot",
};
const KIND: Readonly<Record<string, ShapeName>> = {
  site: "square", department: "square", platform: "square", building: "square", camera: "square", nvr: "square",
  server: "hexagon", service: "hexagon", database: "hexagon", backup: "hexagon", storage: "hexagon",
  sensor: "pentagon", pump: "pentagon", gauge: "pentagon", ups: "pentagon",
};

/** The silhouette of a kind of asset: a circle for network devices and for kinds nobody listed. */
export const kindShape = (kind: string): ShapeName => KIND[kind] ?? "circle";

function Body({ shape }: { shape: ShapeName }) {
  const line = { fill: "none", stroke: "currentColor" };
  switch (shape) {
    case "dot": return <circle cx={8} cy={8} r={4} fill="currentColor" />;
    case "circle": return <circle cx={8} cy={8} r={6.6} fill="currentColor" />;
    case "bar": return <rect x={1} y={5} width={14} height={6} fill="currentColor" />;
    case "square-small": return <rect x={3} y={3} width={10} height={10} fill="currentColor" />;
    case "ring": return <circle cx={8} cy={8} r={5} {...line} stroke-width={1.8} />;
    case "ring-dashed": return <circle cx={8} cy={8} r={6} {...line} stroke-width={2.2} stroke-dasharray="2.6 2.1" />;
    case "chevron": return <path d="M5 2.5 11 8 5 13.5" {...line} stroke-width={2} />;
    case "pause": return <path d="M3.5 2H6.5V14H3.5ZM9.5 2H12.5V14H9.5Z" fill="currentColor" />;
    case "hatched": return <path d="M2 2H14V14H2ZM2 8 8 2M2 14 14 2M8 14 14 8" {...line} stroke-width={1.5} />;
    case "check": return <path d="M1.5 8.6 6 13 14.5 3.4" {...line} stroke-width={2.4} />;
    default: return <path d={PATHS[shape]} fill="currentColor" />;
  }
}

/** An icon in the colour and size of the text around it. Its word must stand beside it. */
export function Icon({ shape, class: name = "" }: { shape: ShapeName; class?: string }) {
  return <svg viewBox="0 0 16 16" class={`icon ${name}`} aria-hidden="true"><Body shape={shape} /></svg>;
}

export function HealthIcon({ health }: { health: string }) {
  return <Icon shape={HEALTH[health] ?? "ring-dashed"} class={`is-${health}`} />;
}

/** The mark of a severity. */
export function SeverityIcon({ severity }: { severity: string }) {
  return <Icon shape={SEVERITY[severity] ?? "dot"} class={`sev-${severity}`} />;
}

type Marked = Pick<AlertRecord, "active" | "subject_kind" | "stale_since" | "severity"> & Partial<AlertRecord>;

/** An alert's mark: its severity, dashed where its value is not known, a check when it is over. */
export function AlertIcon({ alert }: { alert: Marked }) {
  if (!alert.active) return <Icon shape="check" class="is-cleared" />;
  const blind = alert.quality === "bad" || alert.subject_kind === "source" || alert.stale_since !== null;
  return <Icon shape={blind ? "ring-dashed" : (SEVERITY[alert.severity] ?? "dot")} class={`sev-${alert.severity}`} />;
}
