/** What an incident reaches: the newest count of the server, and the nearest resources with the order to send them. */
import { useEffect } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo, regionName } from "../core/site";
import { parse, stamp } from "../core/time";
import type { ImpactAreaRecord, ImpactRecord, IncidentRecord } from "../records";
import { Distance } from "../resources/distance";
import { openResourceOrder } from "../resources/orders";

const impactView = new ExtraView("impacts", { kind: "impact", face: "full", filter: { mode: "*" } });
const SHOWN = ["team", "hospital", "shelter", "store"];

export function Reach({ incident }: { incident: IncidentRecord }) {
  useEffect(() => store.need(impactView), []);
  const impact = [...impactView.all().values()].find((record) => record.incident === incident.id);
  if (!impact) return null;
  return (
    <section class="incident-reach" data-impact={impact.id}>
      <h3>
        {t("impact.title")}
        <small class="quiet"> {t("impact.at", { n: impact.number, at: stamp(parse(impact.at) ?? 0) })}</small>
      </h3>
      {impact.areas.length ? <ul>{impact.areas.map((area) => <Ring key={area.radius_m} area={area} />)}</ul>
        : <p class="quiet">{t("impact.none")}</p>}
      <Notes impact={impact} />
      <Nearest impact={impact} incident={incident} />
    </section>
  );
}

const total = (healths: Readonly<Record<string, number>>): number =>
  Object.values(healths).reduce((sum, n) => sum + n, 0);

function Ring({ area }: { area: ImpactAreaRecord }) {
  const healths = Object.values(area.assets);
  const bad = healths.reduce((sum, counts) => sum + total(counts) - (counts.ok ?? 0), 0);
  const people = Object.values(area.places).reduce((sum, places) => sum + places.population, 0);
  const parts = [
    t("impact.assets", { n: count(area.total) }), bad ? t("impact.bad", { n: count(bad) }) : "",
    people ? t("impact.people", { n: count(people) }) : "", area.regions.map((code) => regionName(code)).join("、"),
  ];
  return (
    <li data-radius={area.radius_m}>
      <b>{area.radius_m ? t("impact.ring", { km: area.radius_m / 1000 }) : t("impact.drawn")}</b>{" "}
      {parts.filter(Boolean).join(" · ")}
    </li>
  );
}

function Notes({ impact }: { impact: ImpactRecord }) {
  const working = impact.cameras.filter((camera) => camera.health === "ok").length;
  const lead = impact.regions.length > 1
    ? t("impact.lead", { n: impact.regions.length, region: regionName(impact.lead_region) }) : "";
  const notes = [
    impact.cameras.length ? t("impact.cameras", { n: impact.cameras.length, ok: working }) : "",
    impact.warnings.length ? t("impact.warnings", { n: impact.warnings.length }) : "", lead,
    ...Object.entries(impact.uncounted).map(([kind, n]) => t("impact.uncounted", { kind, n: count(n) })),
  ];
  return (
    <>
      <p class="quiet">{notes.filter(Boolean).join("；")}</p>
      {impact.incidents.length ? (
        <p class="is-bad">
          {t("impact.near")}：{impact.incidents.map((near) => (
            <a key={near.id} href={`/incidents?incident=${encodeURIComponent(near.id)}`} data-inside="">{near.id} </a>
          ))}
        </p>
      ) : null}
    </>
  );
}

function Nearest({ impact, incident }: { impact: ImpactRecord; incident: IncidentRecord }) {
  if (impact.lat === null || impact.lon === null) return null;
  const kinds = Object.entries(impact.nearest).filter(([kind]) => SHOWN.includes(kind));
  const all = `/resources?near=${impact.lat},${impact.lon}&incident=${encodeURIComponent(incident.id)}`;
  return (
    <>
      <h3>{t("impact.nearest")} <a class="chip" href={all} data-inside="" data-resources="">{t("impact.more")}</a></h3>
      {kinds.map(([kind, resources]) => (
        <ul key={kind} class="nearest" data-kind={kind}>
          {resources.slice(0, 3).map((resource) => (
            <li key={resource.id} data-id={resource.id}>
              <span>{resource.name}</span> <Distance way={resource} />
              {mayDo("command") && incident.open && incident.mode === "real" ? (
                <button type="button" class="chip" data-assign=""
                  onClick={() => openResourceOrder("assign", { ...resource, incident: "", rev: 0 }, incident.id)}>
                  {t("resources.order.assign")}
                </button>
              ) : null}
            </li>
          ))}
        </ul>
      ))}
      {kinds.length ? <small class="quiet">{t("resources.note")}</small> : null}
    </>
  );
}
