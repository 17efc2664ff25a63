/** What an incident reaches: the newest count of the server, and the nearest resources with the order to send them. */
import { useEffect, useState } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { joined } from "../core/names";
import { store } from "../core/picture";
import { mayDo, regionName } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { ImpactAreaRecord, ImpactRecord, IncidentRecord } from "../records";
import { Distance } from "../resources/distance";
import { openResourceOrder } from "../resources/orders";
import { incidentPath } from "./address";

const impactView = new ExtraView("impacts", { kind: "impact", face: "full", filter: { mode: "*" } });
/** The kinds of resources and how many of each; the page of resources has all of them. */
const SHOWN: Readonly<Record<string, number>> = { team: 2, hospital: 1, shelter: 1, store: 1 };

function useImpact(incident: IncidentRecord): ImpactRecord | undefined {
  useEffect(() => store.need(impactView), []);
  return [...impactView.all().values()].find((record) => record.incident === incident.id);
}

const ringName = ({ radius_m: radius }: ImpactAreaRecord): string =>
  radius ? t("impact.ring", { km: radius / 1000 }) : t("impact.drawn");

/** The figures of one circle, or of what was drawn; which one, the person chooses. */
export function Reach({ incident }: { incident: IncidentRecord }) {
  const impact = useImpact(incident);
  const [radius, setRadius] = useState<number | null>(null);
  if (!impact) return null;
  const drawn = impact.areas.find((area) => area.radius_m === 0);
  const shown = impact.areas.find((area) => area.radius_m === radius) ?? drawn ?? impact.areas[0];
  return (
    <section class="incident-reach" data-impact={impact.id}>
      <header class="feed-head">
        <h2>{t("impact.title")}</h2>
        <span class="reach-rings" role="group" aria-label={t("impact.title")}>
          {impact.areas.map((area) => (
            <button key={area.radius_m} type="button" class="chip" data-radius={area.radius_m}
              aria-pressed={area === shown} onClick={() => setRadius(area.radius_m)}>{ringName(area)}</button>
          ))}
        </span>
        <small>{t("impact.at", { n: impact.number, at: shortTime(parse(impact.at)) })}</small>
      </header>
      {shown ? <Inside area={shown} impact={impact} /> : <p class="quiet">{t("impact.none")}</p>}
      <Notes impact={impact} />
    </section>
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);

function Inside({ area, impact }: { area: ImpactAreaRecord; impact: ImpactRecord }) {
  const ok = sum(Object.values(area.assets).map((healths) => healths.ok ?? 0));
  const working = impact.cameras.filter((camera) => camera.health === "ok").length;
  const cameras = impact.cameras.length;
  return (
    <ul class="reach-figures">
      <Cell name={t("impact.cell.assets")} n={area.total} note={t("impact.cell.ok", { ok, n: area.total - ok })}
        bad={ok < area.total} />
      <Cell name={t("impact.cell.cameras")} n={cameras} bad={working < cameras}
        note={t("impact.cell.ok", { ok: working, n: cameras - working })} />
      {Object.entries(area.places).map(([kind, { count: n, population }]) => (
        <Cell key={kind} name={tOr(`place.${kind}`, kind)} n={n}
          note={population ? t("impact.people", { n: count(population) }) : ""} />
      ))}
      <Cell name={t("impact.cell.warnings")} n={impact.warnings.length} />
      <Cell name={t("impact.cell.roads")} n={impact.roads_cut} />
      <Cell name={t("impact.cell.regions")} n={area.regions.length}
        note={area.regions.map((code) => regionName(code)).join("、")} />
    </ul>
  );
}

interface CellProps {
  name: string;
  n: number;
  note?: string;
  bad?: boolean;
}

function Cell({ name, n, note, bad }: CellProps) {
  return (
    <li>
      <span>{name}</span>
      <b class={n ? "" : "is-zero"}>{count(n)}</b>
      <small class={bad ? "is-bad" : ""}>{note ?? ""}</small>
    </li>
  );
}

function Notes({ impact }: { impact: ImpactRecord }) {
  const lead = impact.regions.length > 1
    && t("impact.lead", { n: impact.regions.length, region: regionName(impact.lead_region) });
  const uncounted = Object.entries(impact.uncounted)
    .map(([kind, n]) => t("impact.uncounted", { kind: tOr(`place.${kind}`, kind), n: count(n) }));
  const notes = joined([lead, ...uncounted]);
  return (
    <>
      {notes ? <p class="quiet">{notes}</p> : null}
      {impact.incidents.length ? (
        <p class="is-bad">
          {t("impact.near")}：{impact.incidents.map((near) => (
            <a key={near.id} href={incidentPath(near.id)} data-inside="">{near.id} </a>
          ))}
        </p>
      ) : null}
    </>
  );
}

/** The nearest resources of each kind by line and by road. */
export function Nearest({ incident }: { incident: IncidentRecord }) {
  const impact = useImpact(incident);
  if (!impact || impact.lat === null || impact.lon === null) return null;
  const kinds = Object.keys(SHOWN).filter((kind) => impact.nearest[kind]?.length);
  const all = `/resources?near=${impact.lat},${impact.lon}&incident=${encodeURIComponent(incident.id)}`;
  return (
    <section class="incident-nearest">
      <header class="feed-head">
        <h2>{t("impact.nearest")}</h2>
        <a class="chip" href={all} data-inside="" data-resources="">{t("impact.more")}</a>
      </header>
      {kinds.map((kind) => (
        <ul key={kind} class="nearest" data-kind={kind}>
          {impact.nearest[kind]!.slice(0, SHOWN[kind]).map((resource) => (
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
    </section>
  );
}
