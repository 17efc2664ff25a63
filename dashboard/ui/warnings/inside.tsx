/** What lies inside a warning: assets by kind and health, cameras, schools, hospitals, settlements, what is near. */
import { useEffect, useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { healthName, kindName } from "../core/names";
import { HealthIcon } from "../core/shapes";
import { countyName } from "../core/site";
import type { WarningDetail } from "../records";

interface Named {
  id: string;
  name: string;
}
interface Placed extends Named {
  kind: string;
  health: string;
}

/** The answer of `POST /api/v1/impact`. */
interface Impact {
  regions: { code: string; name: string }[];
  assets: Record<string, Record<string, number>>;
  listed: Placed[];
  cameras: Placed[];
  departments: string[];
  places: Record<string, { count: number; population: number; named: Named[] }>;
  nearest: Record<string, (Named & { distance_m: number })[]>;
  uncounted: Record<string, number>;
}

const HEALTHS = ["down", "degraded", "unknown", "ok"];
const layerName = (kind: string): string => tOr(`place.${kind}`, kind);
const kilometres = (metres: number): string => {
  if (metres < 1000) return t("place.metres", { n: Math.round(metres) });
  return t("place.km", { n: (metres / 1000).toFixed(1) });
};

export function Inside({ warning }: { warning: WarningDetail }) {
  const [impact, setImpact] = useState<Impact | null>(null);
  const [refused, setRefused] = useState("");
  useEffect(() => {
    let ended = false;
    send<Impact>("POST", "/api/v1/impact", { warning: warning.id }).then(
      (answer) => void (!ended && setImpact(answer)),
      (error: ProblemError) => void (!ended && setRefused(error.message)),
    );
    return () => void (ended = true);
  }, [warning.id, warning.regions.join(), warning.areas.length]);
  return (
    <section class="warning-inside">
      <h3>{t("warnings.inside")}</h3>
      {impact ? <Counts impact={impact} warning={warning} />
        : <p class="quiet">{refused || t("warnings.counting")}</p>}
    </section>
  );
}

function Counts({ impact, warning }: { impact: Impact; warning: WarningDetail }) {
  const places = Object.entries(impact.places);
  const uncounted = Object.entries(impact.uncounted);
  const bad = impact.listed.filter((asset) => asset.health !== "ok").slice(0, 8);
  return (
    <>
      {impact.regions.length
        ? <p>{impact.regions.map((region) => countyName(region.code, region.name)).join(t("list.and"))}</p> : null}
      <Assets impact={impact} warning={warning} />
      {bad.length ? (
        <ul class="inside-bad">
          {bad.map((asset) => (
            <li key={asset.id}>
              <HealthIcon health={asset.health} />
              <a href={`/assets/${encodeURIComponent(asset.id)}`} data-inside="">{asset.name}</a>
              <small>{healthName(asset.health)}</small>
            </li>
          ))}
        </ul>
      ) : null}
      <Cameras cameras={impact.cameras} />
      {places.length ? (
        <ul class="inside-places">
          {places.map(([kind, { count: n, population, named }]) => (
            <li key={kind} data-place={kind}>
              <b>{layerName(kind)} {count(n)}</b>
              {population ? t("place.population", { n: count(population) }) : ""}
              <small>{named.slice(0, 5).map((place) => place.name).join(t("list.and"))}</small>
            </li>
          ))}
        </ul>
      ) : <p class="quiet">{t("place.none")}</p>}
      {impact.departments.length
        ? <p>{t("place.departments", { list: impact.departments.join(t("list.and")) })}</p> : null}
      <Nearest impact={impact} />
      {uncounted.map(([kind, n]) => (
        <p key={kind} class="is-uncounted">{t("place.uncounted", { kind: layerName(kind), n: count(n) })}</p>
      ))}
    </>
  );
}

function Assets({ impact, warning }: { impact: Impact; warning: WarningDetail }) {
  const kinds = Object.entries(impact.assets);
  if (!kinds.length) return <p class="quiet">{t(warning.areas.length ? "warnings.inside.none" : "warnings.noarea")}</p>;
  return (
    <table class="inside-assets">
      <thead>
        <tr><th />{HEALTHS.map((health) => <th key={health} scope="col">{healthName(health)}</th>)}</tr>
      </thead>
      <tbody>
        {kinds.map(([kind, healths]) => (
          <tr key={kind} data-kind={kind}>
            <th scope="row">{kindName(kind)}</th>
            {HEALTHS.map((health) => (
              <td key={health} class={healths[health] ? `is-${health}` : "is-nothing"}>
                {healths[health] ? <><HealthIcon health={health} /> {count(healths[health])}</> : "·"}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cameras({ cameras }: { cameras: Placed[] }) {
  if (!cameras.length) return null;
  const well = cameras.filter((camera) => camera.health === "ok");
  return (
    <p>
      {t("place.cameras", { n: count(cameras.length), ok: count(well.length) })}{" "}
      {cameras.slice(0, 4).map((camera) => (
        <a key={camera.id} class="inside-camera" href={`/assets/${encodeURIComponent(camera.id)}`} data-inside="">
          <HealthIcon health={camera.health} /> {camera.name}
        </a>
      ))}
    </p>
  );
}

function Nearest({ impact }: { impact: Impact }) {
  const kinds = Object.entries(impact.nearest);
  if (!kinds.length) return null;
  return (
    <details>
      <summary>{t("place.nearest")}</summary>
      <ul>
        {kinds.map(([kind, places]) => (
          <li key={kind}>
            {layerName(kind)}{t("list.colon")}
            {places.map((place) => `${place.name} ${kilometres(place.distance_m)}`).join(t("list.and"))}
          </li>
        ))}
      </ul>
    </details>
  );
}
