/** The incidents in hand above the list of the desk: grade, what, phase, and the report that is due next. */
import type { RefObject } from "preact";
import { useHold } from "../core/hold";
import { t } from "../core/i18n";
import { regionName } from "../core/site";
import type { IncidentRecord } from "../records";
import { incidentPath } from "./address";
import { Countdown, reportName } from "./countdown";
import { GradeMark } from "./grademark";
import { incidentsOf, rowOf, unmetOf, useIncidents } from "./records";

const MOST = 2;

/** `list`: while somebody is at this list no incident enters or leaves, so that no row of it moves. */
export function IncidentStrip({ list }: { list: RefObject<HTMLElement | null> }) {
  useIncidents();
  const { rows } = useHold(list, incidentsOf("open"), ({ id }) => id, (incident) => rowOf(incident.id) ?? incident, "");
  if (!rows.length) return null;
  const rest = rows.length - MOST;
  return (
    <nav class="incident-strip" aria-label={t("nav.incidents")}>
      {rows.slice(0, MOST).map((incident) => <Line key={incident.id} incident={incident} />)}
      {rest > 0 ? <a href="/incidents" data-inside="">{t("incidents.strip.more", { n: rest })}</a> : null}
    </nav>
  );
}

function Line({ incident }: { incident: IncidentRecord }) {
  const [due] = unmetOf(incident.id);
  const name = incident.title || regionName(incident.region);
  return (
    <a href={incidentPath(incident.id)} data-inside="" data-id={incident.id}>
      <GradeMark incident={incident} />
      <b class="cut" title={name}>{name}</b>
      <small class="quiet">{t(`incidents.phase.${incident.phase}`)}</small>
      {due ? <small class="incident-strip-due" title={reportName(due)}>{reportName(due)} <Countdown due={due} /></small>
        : null}
    </a>
  );
}
