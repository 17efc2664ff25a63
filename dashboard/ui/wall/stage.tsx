/** What stands over the map of the wall, and why it is there: the newest of what is grave. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertReach, alertTitle, joined, warningTitle } from "../core/names";
import { AlertIcon, Icon } from "../core/shapes";
import { regionName } from "../core/site";
import { clock, parse, shortTime } from "../core/time";
import { useIncidents } from "../incidents/records";
import type { IncidentRecord, WarningRecord } from "../records";
import type { ShownAlert } from "../alerts/arrange";
import { matters } from "./matters";

export default function Stage() {
  useIncidents();
  const [first, ...others] = matters.value;
  if (!first) return null;
  const more = others.length ? t("wall.stage.others", { n: others.length }) : "";
  switch (first.kind) {
    case "alert": return <AlertStage row={first.row} more={more} />;
    case "warning": return <WarningStage warning={first.warning} more={more} />;
    case "incident": return <IncidentStage incident={first.incident} more={more} />;
  }
}

function AlertStage({ row: { alert, below }, more }: { row: ShownAlert; more: string }) {
  const since = parse(alert.raised_at);
  const notes = [
    since === null ? "" : t("stage.since", { at: clock(since) }),
    regionName(alert.region),
    alertReach(alert),
    below.length ? t("alert.below", { n: below.length }) : "",
    more,
  ];
  return (
    <div key={alert.id} class="stage is-critical" role="alert">
      <p class="stage-why">{t("stage.why.critical")}</p>
      <p class="stage-line">
        <AlertIcon alert={alert} /><span>{alertTitle(alert)}</span><Age since={alert.raised_at} />
      </p>
      <p>{joined(notes)}</p>
    </div>
  );
}

function WarningStage({ warning, more }: { warning: WarningRecord; more: string }) {
  const until = parse(warning.expires);
  const ends = until === null ? "" : t("warning.until", { at: shortTime(until) });
  return (
    <div key={warning.id} class="stage colour-red" role="alert">
      <p class="stage-why">{t("stage.why.warning")}</p>
      <p class="stage-line"><Icon shape="square" class="is-issued" /><span>{warningTitle(warning)}</span></p>
      <p>{joined([warning.headline, ends, more])}</p>
    </div>
  );
}

/** The figures of people that are more than none, as officially known. */
export function casualties(incident: Pick<IncidentRecord, "figures">): string {
  const figures = ["dead", "missing", "grave", "light", "trapped"].map((name) => {
    const value = incident.figures?.[name]?.value ?? 0;
    return value ? `${t(`incidents.figure.${name}`)} ${value}` : "";
  });
  return joined(figures);
}

function IncidentStage({ incident, more }: { incident: IncidentRecord; more: string }) {
  const { grade, response } = incident;
  const received = t("wall.received", { at: shortTime(parse(incident.received_at)) });
  const why = response ? t("wall.why.response", { level: response }) : t("wall.why.grade", { grade });
  return (
    <div key={incident.id} class={`stage is-incident ring-${grade || "none"}`} role="alert">
      <p class="stage-why">{why}</p>
      <p class="stage-line"><span>{incident.title || regionName(incident.region)}</span></p>
      <p>{joined([incident.place || regionName(incident.region), received])}</p>
      <p>{joined([casualties(incident), more])}</p>
    </div>
  );
}
