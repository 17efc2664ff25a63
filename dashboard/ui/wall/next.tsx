/** The next sixty minutes as a line: promises above it, reports due and ends of warnings below. */
import { warnings } from "../alerts/summary";
import type { ShownAlert } from "../alerts/arrange";
import { t } from "../core/i18n";
import { subjectName, warningTitle } from "../core/names";
import { now, parse, shortTime } from "../core/time";
import { reportName } from "../incidents/countdown";
import { incidentsOf, unmetOf } from "../incidents/records";

const HOUR = 3_600_000;
const MOST = 4;

export interface Point {
  id: string;
  at: number;
  name: string;
  kind: "promise" | "report" | "warning";
}

/** What is due within an hour of `from`, and what of the last hour was not kept, soonest first. */
export function nextHour(shown: ShownAlert[], from: number): Point[] {
  const points: Point[] = [];
  for (const { alert } of shown) {
    const at = parse(alert.ack?.estimated_restoration) ?? parse(alert.ack?.until);
    if (alert.active && at !== null) points.push({ id: alert.id, at, name: subjectName(alert), kind: "promise" });
  }
  for (const warning of warnings.value.real) {
    const at = parse(warning.expires);
    if (at !== null) points.push({ id: warning.id, at, name: warningTitle(warning), kind: "warning" });
  }
  for (const { id } of incidentsOf("open")) {
    for (const due of unmetOf(id)) {
      const at = parse(due.due_at);
      if (at !== null) points.push({ id: due.id, at, name: reportName(due), kind: "report" });
    }
  }
  const near = points.filter((point) => point.at <= from + HOUR && (point.kind !== "warning" || point.at >= from));
  return near.filter((point) => point.at >= from - HOUR).sort((a, b) => a.at - b.at);
}

export function NextHour({ points }: { points: Point[] }) {
  const from = now();
  const of = (promised: boolean): Point[] => points.filter((point) => (point.kind === "promise") === promised);
  return (
    <section class="next">
      <header class="feed-head">
        <h2>{t("board.next")}</h2>
        <span class="quiet">{t("board.next.note")}</span>
      </header>
      <Row points={of(true)} from={from} />
      <div class="next-line">
        {[0, 15, 30, 45, 60].map((minute) => <i key={minute} style={`left:${(minute / 60) * 100}%`} />)}
        {points.map((point) => (
          <b key={point.id} class={`is-${point.kind}${point.at < from ? " is-late" : ""}`}
            style={`left:${place(point, from)}%`} />
        ))}
      </div>
      <Row points={of(false)} from={from} />
    </section>
  );
}

const place = (point: Point, from: number): number => Math.max(0, Math.min(100, ((point.at - from) / HOUR) * 100));

/** The names of points at their places, as many as do not run into one another. */
function Row({ points, from }: { points: Point[]; from: number }) {
  let last = -Infinity;
  const seen = points.filter((point) => {
    const free = place(point, from) - last >= 100 / MOST - 1;
    if (free) last = place(point, from);
    return free;
  });
  return (
    <ol class="next-names">
      {seen.map((point) => (
        <li key={point.id} class={point.at < from ? "is-late" : ""} style={`left:${Math.min(place(point, from), 78)}%`}>
          <time>{shortTime(point.at)}</time>
          <span>{point.name}</span>
        </li>
      ))}
    </ol>
  );
}
