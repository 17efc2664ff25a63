/** One incident at a glance: head, deadlines and tasks left, what lies inside below the map, what happened right. */
import { useRef } from "preact/hooks";
import { briefs, useBriefs } from "../briefs/records";
import { t } from "../core/i18n";
import { useDetail } from "../core/usedetail";
import { Proposals } from "../plans/proposals";
import { proposalsOf, useProposals } from "../plans/records";
import type { IncidentDetail } from "../records";
import { tasksOfIncident, useTasks } from "../tasks/records";
import { shownIncident } from "./address";
import { Briefs } from "./brieflist";
import { ReportingClock } from "./clock";
import { Timeline } from "./course";
import { Facts } from "./facts";
import { Head } from "./head";
import { Marks } from "./marklist";
import { Messages } from "./messages";
import { ActionBar } from "./next";
import { Posts } from "./people";
import { Nearest, Reach } from "./reach";
import { reportsOf, rowOf, useIncidents } from "./records";
import { Tasks } from "./tasklist";

export default function IncidentPage() {
  useIncidents();
  const last = useRef("");
  // While another page comes, the address is that page's already, and the incident stays.
  last.current = shownIncident() ?? last.current;
  return <Incident key={last.current} id={last.current} />;
}

/** The revisions of everything on which the next steps of an incident depend. */
function useVersions(id: string): string {
  useTasks();
  useBriefs();
  useProposals();
  const briefsOf = briefs().filter(({ incident }) => incident === id);
  const around = [...tasksOfIncident(id), ...briefsOf, ...proposalsOf(id), ...reportsOf(id)];
  return [rowOf(id), ...around].map((record) => `${record?.id} ${record?.rev}`).join();
}

function Incident({ id }: { id: string }) {
  const version = useVersions(id);
  const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
  const { detail: incident, missing } = useDetail<IncidentDetail>(path, [version]);
  const waiting = proposalsOf(id).some(({ state }) => state === "open");
  if (!incident) return <p class="rows-empty">{t(missing ? "incidents.missing" : "incidents.loading")}</p>;
  return (
    <>
      <Head incident={incident} />
      <div class="incident-left">
        <ReportingClock incident={incident} />
        <Tasks incident={incident} />
        <Posts incident={incident} />
        <Messages incident={incident} />
      </div>
      <div class="incident-middle">
        <Reach incident={incident} />
        <ActionBar incident={incident} />
      </div>
      <div class="incident-right">
        {waiting ? <Proposals incident={incident.id} /> : null}
        <Timeline incident={incident} version={version} />
        <Nearest incident={incident} />
        <Briefs incident={incident.id} />
        <Marks incident={incident} />
        {waiting ? null : <Proposals incident={incident.id} />}
        <Facts incident={incident} />
      </div>
    </>
  );
}
