/** The incidents in hand: three fields that never become one, and what is due next. */
import { Age } from "../core/age";
import { duration } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import { now, parse, shortTime } from "../core/time";
import { reportName } from "../incidents/countdown";
import { Grade, ResponseFlag } from "../incidents/grade";
import { dueAt, incidentsOf, unmetOf, useIncidents } from "../incidents/records";
import type { IncidentRecord, ObligationRecord } from "../records";
import { personName } from "../shell/duty";

// Heights in rem; styles/wallscenes.css has the same.
const WHOLE = 12.8;
const LINE = 2.75;

/** How much height the incidents take, and how many are shown whole. */
export function incidentRoom(n: number, most = 1): { height: number; whole: number } {
  const whole = Math.min(n, most);
  return { height: n ? whole * WHOLE + (n - whole) * LINE : 0, whole };
}

/** "0005": the number of an incident within its day. */
export const shortNumber = (id: string): string => id.split("-").at(-1) ?? id;

export function Incidents({ most = 1 }: { most?: number }) {
  useIncidents();
  const rows = incidentsOf("open");
  const { whole } = incidentRoom(rows.length, most);
  if (!rows.length) return null;
  return (
    <section class="wall-incidents">
      {rows.slice(0, whole).map((incident) => <Whole key={incident.id} incident={incident} />)}
      {rows.slice(whole).map((incident) => <Line key={incident.id} incident={incident} />)}
    </section>
  );
}

const nameOf = (incident: IncidentRecord): string => incident.title || regionName(incident.region);

function Whole({ incident }: { incident: IncidentRecord }) {
  const [due] = unmetOf(incident.id);
  return (
    <article class="wall-incident" data-id={incident.id}>
      <header>
        <span class="quiet">{t("wall.number", { n: shortNumber(incident.id) })}</span>
        <b>{nameOf(incident)}</b>
        <span class="quiet">
          {t("wall.received", { at: shortTime(parse(incident.received_at)) })}，<Age since={incident.received_at}
            form="span" text="wall.already" />
        </span>
      </header>
      <dl class="incident-three">
        <div><dt>{t("wall.phase")}</dt><dd>{t(`incidents.phase.${incident.phase}`)}</dd></div>
        <div><dt>{t("wall.grade")}</dt><dd><Grade incident={incident} /></dd></div>
        <div><dt>{t("wall.response")}</dt><dd><ResponseFlag incident={incident} /></dd></div>
      </dl>
      <div class="incident-next">
        <div>
          <span class="quiet">{due ? nextName(due) : t("wall.nothing.due")}</span>
          {due ? <Clock due={due} /> : null}
        </div>
        <Commander incident={incident} />
      </div>
    </article>
  );
}

function nextName(due: ObligationRecord): string {
  const at = parse(due.due_at);
  return at === null ? reportName(due) : `${reportName(due)}，${t("wall.before", { at: shortTime(at) })}`;
}

/** 40:55 until a report is due; amber from its yellow moment, red with a plus after it; dashes in an old picture. */
export function Clock({ due }: { due: ObligationRecord }) {
  if (!store.ready.value) return <strong class="incident-clock">--:--</strong>;
  if (!due.due_at) return <strong class="incident-clock is-warned">{t("incidents.at-once")}</strong>;
  const left = dueAt(due) - now();
  const state = left < 0 ? "is-late" : `is-${due.state}`;
  const words = `${left < 0 ? "+" : ""}${duration(Math.abs(left))}`;
  return <strong class={`incident-clock ${state}`} role="timer">{words}</strong>;
}

function Commander({ incident }: { incident: IncidentRecord }) {
  const { commander, commander_missing: nobody } = incident;
  const words = commander ? t("wall.commander", { name: personName(commander) }) : t("incidents.no-commander");
  const reports = unmetOf(incident.id).length;
  return (
    <div class="incident-who">
      <span class={commander ? "" : nobody ? "is-bad" : "quiet"}>{words}</span>
      <small class="quiet">{reports ? t("wall.reports", { n: reports }) : t("wall.reports.none")}</small>
    </div>
  );
}

/** One line: grade, what, phase, and the next report's countdown. */
function Line({ incident }: { incident: IncidentRecord }) {
  const [due] = unmetOf(incident.id);
  return (
    <div class="incident-line" data-id={incident.id}>
      <i class={`grade-ring ring-${incident.grade || "none"}`}>{incident.grade || "—"}</i>
      <span>{nameOf(incident)}</span>
      <small class="quiet">{t(`incidents.phase.${incident.phase}`)}</small>
      {due ? <Clock due={due} /> : null}
    </div>
  );
}
