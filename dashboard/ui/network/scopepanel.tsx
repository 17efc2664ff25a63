/** The network counted by county, unit and layer. Each line narrows what the page shows. */
import { useMemo, useRef } from "preact/hooks";
import { address } from "../core/address";
import { ago, count } from "../core/format";
import { useHold } from "../core/hold";
import { t } from "../core/i18n";
import { healthName, joined } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { countyName, regionName, site } from "../core/site";
import { now, parse, serverNow } from "../core/time";
import { calmWords } from "../feeds/network";
import { Figure } from "../feeds/parts";
import { useNetwork } from "./data";
import { states, type NetNode } from "./network";
import { isInside, keyOf, layerName, layerRank, narrow, NO_UNIT, readScope } from "./scope";
import type { Scope, ScopeField } from "./scope";
import { emptyTally, tally, total, type Tally } from "./tally";

const MOST = 120;

export const placeName = (code: string): string => (code === site.value.region ? t("region.own") : countyName(code));
export const unitName = (unit: string): string => (unit === NO_UNIT ? t("net.nounit") : unit);
const NAMES: Readonly<Record<ScopeField, (key: string) => string>> = {
  county: placeName, unit: unitName, layer: layerName,
};

export default function ScopePanel() {
  const network = useNetwork();
  const scope = readScope();
  const { county, layer, unit } = scope;
  const all = useMemo(() => [...network.nodes.values()], [network]);
  const sum = useMemo(() => total(all.filter((node) => isInside(node, scope))), [network, county, layer, unit]);
  const place = county ?? site.value.region;
  const groups = useMemo(() => {
    const of = (field: ScopeField): NetNode[] => all.filter((node) => isInside(node, scope, field));
    const byKey = (field: ScopeField) => (node: NetNode): string => keyOf(node, field);
    const here = county === null ? [] : of("unit").filter((node) => keyOf(node, "county") === place);
    return {
      county: tally(of("county"), byKey("county")), unit: tally(here, byKey("unit")),
      layer: tally(of("layer"), byKey("layer"), layerRank),
    };
  }, [network, county, layer, unit, site.value.region]);
  return (
    <>
      <header class="feed-head"><h2>{t("feed.network")}</h2><Newest /></header>
      <Sum sum={sum} />
      <Groups field="county" title={t("net.counties")} groups={groups.county} scope={scope} />
      <Groups field="unit" title={t("net.units", { place: regionName(place) })} groups={groups.unit} scope={scope} />
      <Groups field="layer" title={t("net.layers")} groups={groups.layer} scope={scope} />
    </>
  );
}

/** The age of the newest answer of all, as the server counts it. */
function Newest() {
  void now();
  const at = parse(store.all("board").get("feed:network")?.seen_at);
  return (
    <span class="feed-age">{at === null ? t("feed.none") : t("net.age", { ago: ago(serverNow() - at) })}</span>
  );
}

/** How many are abnormal. All is well only where everything is known; else nothing was seen, and n are unknown. */
function Sum({ sum }: { sum: Tally }) {
  const { count: of, bad } = sum;
  const { words, hatched } = calmWords(of.unknown, sum.total, "feed.calm");
  const level = of.down ? "down" : of.degraded ? "degraded" : hatched ? "unknown" : "ok";
  const notes = [t("feed.normal", { ok: count(of.ok), all: count(sum.total) })];
  if (of.under) notes.push(t("feed.roots", { n: of.down + of.degraded }));
  if (of.unknown && bad) notes.push(t("feed.unknown", { n: of.unknown }));
  return (
    <Figure value={bad} class={`is-${level}`} word={bad ? t("feed.abnormal") : words} hatched={!bad && hatched}
      href={address("", { bad: "1" })}>
      {joined(notes)}
    </Figure>
  );
}

interface GroupsProps {
  field: ScopeField;
  title: string;
  groups: Tally[];
  scope: Scope;
}

function Groups({ field, title, groups, scope }: GroupsProps) {
  const box = useRef<HTMLElement>(null);
  const { rows } = useHold(box, groups, (group) => group.key, ({ key }) => emptyTally(key), JSON.stringify(scope));
  const rest = rows.slice(MOST);
  const bad = rest.filter((group) => group.worst !== "ok").length;
  return (
    <section class="scope-part" data-part={field} hidden={!groups.length} ref={box}>
      <h2>{title}</h2>
      <ul class="health-rows">
        {rows.slice(0, MOST).map((group) => {
          return <Group key={group.key} group={group} field={field} name={NAMES[field](group.key)} scope={scope} />;
        })}
      </ul>
      {rest.length ? <p class="quiet">{t("net.rest", { n: rest.length, bad })}</p> : null}
    </section>
  );
}

function choose(field: ScopeField, key: string, scope: Scope): void {
  const on = scope[field] !== key;
  const also = field === "county" ? { unit: null } : {};
  narrow({ ...also, [field]: on ? key : null });
}

function Group({ group, field, name, scope }: { group: Tally; field: ScopeField; name: string; scope: Scope }) {
  const { count: of, bad, worst } = group;
  const present = states.filter((state) => of[state]);
  const wrong = bad + of.unknown;
  return (
    <li>
      <button type="button" class="health-row" data-key={group.key} aria-pressed={scope[field] === group.key}
        title={joined([name, ...present.map((state) => `${healthName(state)} ${of[state]}`)])}
        onClick={() => choose(field, group.key, scope)}>
        <span class="health-mark">{worst === "ok" ? null : <HealthIcon health={worst} />}</span>
        <span class="health-name">{name}</span>
        <span class="health-bar" aria-hidden="true">
          {present.map((state) => <i key={state} class={`part-${state}`} style={`flex-grow:${of[state]}`} />)}
        </span>
        <span class="health-count">
          {wrong ? <><b class={bad ? "is-bad" : ""}>{wrong}</b>{` / ${group.total}`}</> : group.total}
        </span>
      </button>
    </li>
  );
}
