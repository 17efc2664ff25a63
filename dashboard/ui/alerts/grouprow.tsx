/** A group of alerts as one row, with its course and one order for all of it; and what a flood amounts to. */
import { setQuery } from "../core/address";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { joined, severityName } from "../core/names";
import { SeverityIcon } from "../core/shapes";
import { mayDo } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { GroupRecord } from "../records";
import { SEVERITIES } from "./arrange";
import { openOrder } from "./grouporder";
import { ALL, AXES, axis, groupsBy, groupTitle, needsOf } from "./groups";
import type { RowList } from "./row";
import type { FloodRow } from "./rows";

const WIDTH = 120;
const HEIGHT = 20;
const MINUTE = 60_000;

/** How many were raised in each minute, from the first to the last. */
function Curve({ curve }: { curve: Readonly<Record<string, number>> }) {
  const rows = Object.entries(curve).map(([at, n]) => [parse(at) ?? 0, n] as const).sort((a, b) => a[0] - b[0]);
  const start = rows[0]?.[0] ?? 0;
  const minutes = Math.max(30, ((rows.at(-1)?.[0] ?? 0) - start) / MINUTE + 1);
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const step = WIDTH / minutes;
  return (
    <svg class="flood-curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {rows.map(([at, n]) => {
        const height = Math.max(1, (n / most) * HEIGHT);
        const x = ((at - start) / MINUTE) * step;
        return <rect key={at} x={x} y={HEIGHT - height} width={Math.max(1, step * 0.8)} height={height} />;
      })}
    </svg>
  );
}

function severitiesOf(group: GroupRecord): string[] {
  return SEVERITIES.filter((name) => group.severities[name])
    .map((name) => `${severityName(name)} ${count(group.severities[name]!)}`);
}

/** "14:20 至 14:35" */
function span(group: GroupRecord): string {
  const [first, last] = [shortTime(parse(group.first_at)), shortTime(parse(group.last_at))];
  return first === last ? first : t("flood.span", { first, last });
}

export function GroupLine({ row, list, style }: { row: FloodRow; list: RowList; style: string }) {
  const { group, open } = row;
  const needs = needsOf(group);
  const unacked = group.unacked ? t("flood.unacked", { n: count(group.unacked) }) : t("flood.taken");
  return (
    <div class={`row is-flood sev-${group.severity}`} role="listitem" style={style} data-group={group.id}
      onClick={() => list.fold(group.id)}>
      <span class="row-mark"><SeverityIcon severity={group.severity} /></span>
      <span class="row-head">
        <span class="row-title" title={groupTitle(group)}><bdi>{groupTitle(group)}</bdi></span>
        <button type="button" class="fold" aria-expanded={open}
          onClick={(event) => (event.stopPropagation(), list.fold(group.id))}>
          {`${open ? "−" : "+"}${count(group.count)}`}
        </button>
      </span>
      <span class="row-time"><Curve curve={group.curve} /></span>
      <span class="row-note">
        {joined([needs > 0 && t("flood.needs", { n: count(needs) }), unacked, span(group), ...severitiesOf(group)])}
      </span>
      <span class="row-holder">{mayDo("act") && group.unacked ? <Order group={group} /> : null}</span>
    </div>
  );
}

function Order({ group }: { group: GroupRecord }) {
  const press = (event: MouseEvent): void => {
    event.stopPropagation();
    openOrder(group);
  };
  return <button type="button" class="chip" data-order={group.id} onClick={press}>{t("flood.order")}</button>;
}

/** What the flood amounts to, what it is grouped by, and one order for all of it. */
export function FloodStrip({ groups, shown }: { groups: ReadonlyMap<string, GroupRecord>; shown: boolean }) {
  const all = groups.get(ALL);
  if (!all) return null;
  const by = axis();
  const words = { n: count(all.count), groups: groupsBy(groups, by).length, needs: count(needsOf(all)) };
  return (
    <div class="flood-strip" role="group" aria-label={t("flood.label")}>
      <b>{t("flood.sum", words)}</b>
      {shown ? AXES.map((name) => (
        <button key={name} type="button" class="chip" data-by={name} aria-pressed={name === by}
          onClick={() => setQuery({ by: name })}>
          {t(`flood.by.${name}`)}
        </button>
      )) : (
        <button type="button" class="chip" data-flood="" onClick={() => setQuery({ tab: "groups" }, { open: true })}>
          {t("flood.see")}
        </button>
      )}
      {shown && mayDo("act") && all.unacked ? <Order group={all} /> : null}
    </div>
  );
}
