/** How far a resource is, and how far that figure can be trusted. */
import { t } from "../core/i18n";

export interface Way {
  line_m: number;
  road_m: number | null;
  unknown_m: number;
  quality: string;
  minutes?: number | null;
}

const km = (metres: number): string => (metres / 1000).toFixed(metres < 10_000 ? 1 : 0);

/** The road first where it can be trusted, the line first where not; what is unknown is said. */
export function Distance({ way }: { way: Way }) {
  const line = t("resources.line", { km: km(way.line_m) });
  const road = way.road_m === null ? t("resources.no-road") : t("resources.road", { km: km(way.road_m) });
  const [first, second] = way.quality === "ok" ? [road, line] : [line, road];
  const notes = [
    second,
    way.minutes ? t("resources.minutes", { n: way.minutes }) : "",
    way.quality === "sparse" ? t("resources.sparse") : "",
    way.unknown_m >= 1000 ? t("resources.unknown", { km: km(way.unknown_m) }) : "",
  ];
  return <span class="way"><b>{first}</b> <small class="quiet">{notes.filter(Boolean).join(" · ")}</small></span>;
}
