/** What an alert is about: the asset on its way from the top, with what hangs below it; or the warning's own words. */
import { Age } from "../core/age";
import { t, tOr } from "../core/i18n";
import { failure, healthName, kindName, readingText, reasonText, warningPlace } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { parse, serverNow } from "../core/time";
import { stateOf } from "../map/features";
import type { AssetRecord, WarningRecord } from "../records";

const BELOW = 6;
const DEPTH = 16;

/** The way from the top down to an asset, without itself. */
function wayTo(asset: AssetRecord): AssetRecord[] {
  const assets = store.all("asset");
  const way: AssetRecord[] = [];
  let above = assets.get(asset.parents[0] ?? "");
  while (above && !way.includes(above) && way.length < DEPTH) {
    way.unshift(above);
    above = assets.get(above.parents[0] ?? "");
  }
  return way;
}

export function Surroundings({ asset }: { asset: AssetRecord }) {
  const below = [...store.all("asset").values()].filter((other) => other.parents.includes(asset.id));
  below.sort((a, b) => Number(a.health === "ok") - Number(b.health === "ok"));
  const rest = below.slice(BELOW);
  const bad = rest.filter((other) => other.health !== "ok").length;
  return (
    <section class="detail-tree">
      <h2>{t("detail.topology")}</h2>
      <ol class="tree">
        {wayTo(asset).map((other) => <TreeRow key={other.id} asset={other} place="up" />)}
        <TreeRow asset={asset} place="self" />
        {below.slice(0, BELOW).map((other) => <TreeRow key={other.id} asset={other} place="down" />)}
        {rest.length ? (
          <li class="tree-row at-down quiet">{t("detail.more", { n: rest.length, bad })}</li>
        ) : null}
      </ol>
    </section>
  );
}

export function TreeRow({ asset, place }: { asset: AssetRecord; place: "up" | "self" | "down" }) {
  const state = stateOf(asset);
  const note = state === "ok" ? (place === "self" ? healthName(state) : "") : failure(asset, state);
  return (
    <li class={`tree-row at-${place} is-${state}`}>
      <HealthIcon health={state} />
      <a href={`/assets/${encodeURIComponent(asset.id)}`} data-inside="">{asset.name}</a>
      <small>{place === "self" || state === "ok" ? note : healthName(state)}</small>
    </li>
  );
}

export function WarningWords({ warning }: { warning: WarningRecord }) {
  const facts = [warning.sender_name, warningPlace(warning)].filter(Boolean).join(" · ");
  return (
    <section class="detail-tree">
      <h2>{t("detail.warning")}</h2>
      <p>{warning.headline || warning.event}</p>
      <p class="quiet">{facts}</p>
      <p>
        <a href={`/warnings?warning=${encodeURIComponent(warning.id)}`} data-inside="">{t("detail.warning.open")}</a>
      </p>
    </section>
  );
}

/** An asset without an open alert: its state and its last answers. */
export function AssetHead({ asset, place }: { asset: AssetRecord; place: string }) {
  const state = stateOf(asset);
  return (
    <header class="detail-head">
      <p class="kicker">{[kindName(asset.kind), place].filter(Boolean).join(" · ")}</p>
      <h1 class={`is-${state}`}>
        <HealthIcon health={state} /><span>{asset.name}</span> <em>{healthName(state)}</em> <Age since={asset.since} />
      </h1>
      {asset.owner ? <p class="quiet">{t("detail.owner", { name: asset.owner })}</p> : null}
      <p><a href={`/assets/${encodeURIComponent(asset.id)}`} data-inside="">{t("detail.asset")}</a></p>
    </header>
  );
}

/** The last answers of an asset, each with its age. */
export function Readings({ asset }: { asset: AssetRecord }) {
  const rows = Object.entries(asset.readings ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <table class="readings">
      {rows.map(([key, reading]) => {
        const end = parse(reading.fresh_until);
        const bad = reading.value === false || reading.quality === "bad";
        const state = end !== null && end < serverNow() ? "is-old" : bad ? "is-bad" : "";
        return (
          <tr key={key} class={state}>
            <th scope="row">{tOr(`metric.${key.replace(/\[.*/, "")}`, key)}</th>
            <td>{readingText(reading)}</td>
            <td class="quiet">{reasonText(reading.text)}</td>
            <td class="quiet"><Age since={reading.observed_at} form="ago" /></td>
          </tr>
        );
      })}
    </table>
  );
}
