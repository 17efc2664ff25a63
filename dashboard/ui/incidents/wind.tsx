/** The wind of the newest sector of the incident that is shown: from where, how fast, whose figure, and of when. */
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { parse, shortTime } from "../core/time";
import type { MarkRecord } from "../records";
import { shownIncident } from "./address";
import { marksOf, wallIncident } from "./marks";

const POINTS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;

/** The name of the direction from which the wind comes: 240 degrees are the south-west. */
export const windPoint = (from: number): (typeof POINTS)[number] => POINTS[Math.round(from / 45) % POINTS.length]!;

/** The mark with the newest statement about the wind, undefined where nobody has made one. */
export function newestWind(marks: readonly MarkRecord[]): MarkRecord | undefined {
  const windy = marks.filter((mark) => !mark.withdrawn && typeof mark.drawing?.wind_from === "number");
  return windy.reduce<MarkRecord | undefined>((best, mark) => (best && best.at > mark.at ? best : mark), undefined);
}

export function WindArrow() {
  const incident = wallIncident.value ?? shownIncident();
  const mark = incident === null ? undefined : newestWind(marksOf(incident));
  const drawing = mark?.drawing;
  if (!mark || !drawing || drawing.wind_from === null) return null;
  const speed = drawing.wind_ms === null ? "" : t("marks.wind.speed", { ms: drawing.wind_ms });
  const since = parse(drawing.wind_at) ?? parse(mark.at);
  return (
    <div class="map-wind" role="img" aria-label={t("marks.wind")}>
      <p>
        <b>{joined([t(`marks.wind.${windPoint(drawing.wind_from)}`, { deg: drawing.wind_from }), speed])}</b>
        <small>{joined([drawing.wind_source, shortTime(since)])}</small>
      </p>
      <svg viewBox="-12 -12 24 24" width="32" height="32" aria-hidden="true">
        <circle r="11" fill="none" stroke="currentColor" stroke-width="1" />
        <path d="M0 8V-7M-4-3L0-8L4-3" fill="none" stroke="currentColor" stroke-width="2"
          transform={`rotate(${drawing.wind_from + 180})`} />
      </svg>
    </div>
  );
}
