/** The incidents: those in hand with the nearest report that is due, those that have ended, and exercises apart. */
import { useEffect } from "preact/hooks";
import { navigate, query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { className } from "../core/names";
import { mayDo, regionName } from "../core/site";
import { VirtualList } from "../core/virtual";
import { Promotions } from "../plans/promotions";
import type { IncidentRecord } from "../records";
import { EmergencyTabs } from "../warnings/tabs";
import { incidentPath } from "./address";
import { Countdown, reportName } from "./countdown";
import { GradeMark } from "./grademark";
import { openNew } from "./new";
import { incidentsOf, TABS, unmetOf, useIncidents, type Tab } from "./records";

const ROW = 64;

export default function IncidentsPage() {
  const here = useIncidents();
  const old = query("incident");
  // Addresses of before incidents had pages of their own.
  useEffect(() => (old ? navigate(incidentPath(old), { replace: true }) : undefined), [old]);
  const tab = TABS.find((name) => name === query("tab")) ?? "open";
  return (
    <>
      <EmergencyTabs here="incidents" />
      <div class="warnings-filters" role="group" aria-label={t("incidents.which")}>
        {TABS.map((name) => <TabButton key={name} name={name} chosen={name === tab} />)}
        {mayDo("command") ? (
          <button type="button" class="chip primary" data-new="" onClick={openNew}>
            {t("incidents.new")} <kbd>F2</kbd>
          </button>
        ) : null}
      </div>
      {tab === "open" ? <Promotions /> : null}
      <Rows rows={incidentsOf(tab)} here={here} />
    </>
  );
}

function TabButton({ name, chosen }: { name: Tab; chosen: boolean }) {
  return (
    <button type="button" class={`chip show-${name}`} aria-pressed={chosen} data-tab={name}
      onClick={() => setQuery({ tab: name === "open" ? null : name })}>
      {t(`incidents.tab.${name}`)} <b>{count(incidentsOf(name).length)}</b>
    </button>
  );
}

function Rows({ rows, here }: { rows: IncidentRecord[]; here: boolean }) {
  if (!rows.length) return <p class="rows-empty">{t(here ? "incidents.none" : "incidents.loading")}</p>;
  return (
    <VirtualList rows={rows} keyOf={(incident) => incident.id} height={ROW} shown={null}
      label={t("incidents.list")} class="incident-rows">
      {(incident, style) => <Row key={incident.id} incident={incident} style={style} />}
    </VirtualList>
  );
}

function Row({ incident, style }: { incident: IncidentRecord; style: string }) {
  const [due] = unmetOf(incident.id);
  return (
    <div role="listitem" style={style} data-id={incident.id}>
      <a class="incident-row" href={incidentPath(incident.id)} data-inside="">
        <GradeMark incident={incident} />
        <span class="incident-what">
          {incident.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>}
          {incident.title}
          <small>
            {[t(`incidents.phase.${incident.phase}`), className(incident.event_class), regionName(incident.region)]
              .filter(Boolean).join(" · ")}
            {incident.commander_missing ? <b class="is-bad"> {t("incidents.no-commander")}</b> : null}
          </small>
        </span>
        <span class="incident-when">
          {due ? <Countdown due={due} /> : null}
          <small>{due ? reportName(due) : <Age since={incident.received_at} form="ago" />}</small>
        </span>
      </a>
    </div>
  );
}
