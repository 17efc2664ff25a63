/** What else is known of an incident: its words, receipts, links, and what was learnt. */
import { t } from "../core/i18n";
import { regionName } from "../core/site";
import { parse, stamp } from "../core/time";
import type { IncidentDetail } from "../records";
import { incidentPath } from "./address";

export function Facts({ incident }: { incident: IncidentDetail }) {
  const watched = parse(incident.watched_until);
  const rows: [string, string][] = [
    ["regions", incident.regions.length > 1 ? incident.regions.map((code) => regionName(code)).join("、") : ""],
    ["receipts", incident.receipts.join("；")],
    ["transferred_to", incident.transferred_to],
    ["reason", incident.phase_reason],
    ["watched", watched === null ? "" : stamp(watched)],
    ["cause", incident.cause],
    ["lessons", incident.lessons],
  ];
  return (
    <section class="incident-facts">
      <h2>{t("incidents.related")}</h2>
      {incident.text ? <p class="warning-text">{incident.text}</p> : null}
      <dl class="facts">
        {rows.map(([name, value]) => value ? (
          <div key={name} data-fact={name}><dt>{t(`incidents.fact.${name}`)}</dt><dd>{value}</dd></div>
        ) : null)}
        <Linked name="merged" ids={incident.merged} to={incidentPath} />
        <Linked name="related" ids={incident.related} to={incidentPath} />
        <Linked name="warnings" ids={incident.warnings} to={(id) => `/warnings?warning=${encodeURIComponent(id)}`} />
        <Linked name="alerts" ids={incident.alerts} to={(id) => `/alerts?alert=${encodeURIComponent(id)}`} />
      </dl>
    </section>
  );
}

interface LinkedProps {
  name: string;
  ids: readonly string[];
  to: (id: string) => string;
}

function Linked({ name, ids, to }: LinkedProps) {
  if (!ids.length) return null;
  return (
    <div data-fact={name}>
      <dt>{t(`incidents.fact.${name}`)}</dt>
      <dd>{ids.map((id) => <a key={id} href={to(id)} data-inside="">{id} </a>)}</dd>
    </div>
  );
}
