/** A group of alerts as one row, with its course and one order for all of it; and what a flood amounts to. */
import type { RefObject } from "preact";
import { setQuery } from "../core/address";
import { count } from "../core/format";
import { useHold } from "../core/hold";
import { t } from "../core/i18n";
import { joined, severityName } from "../core/names";
import { SeverityIcon } from "../core/shapes";
import { mayDo } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { GroupRecord } from "../records";
import { SEVERITIES } from "../vocabulary";
import { Curve } from "./curve";
import { openOrder } from "./grouporder";
import { AXES, axis, groupTitle, needsOf } from "./groups";
import type { RowList } from "./row";
import type { FloodRow } from "./rows";

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
      <span class="row-time"><Curve curve={group.curve} whole={row.whole.curve} /></span>
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

interface StripProps {
  /** The group of everything; none without a flood. */
  whole: GroupRecord | undefined;
  /** How many groups there are on the present axis. */
  count: number;
  shown: boolean;
  /** While somebody is at this list the strip neither comes nor goes, so that no row of it moves. */
  list: RefObject<HTMLElement | null>;
}

/** A group that is over: nothing is in it. */
const emptied = (group: GroupRecord): GroupRecord => ({ ...group, count: 0, active: 0, unacked: 0, needs: {} });

/** What the flood amounts to, what it is grouped by, and one order for all of it. */
export function FloodStrip({ whole, count: n, shown, list }: StripProps) {
  const { rows: [all] } = useHold(list, whole ? [whole] : [], ({ id }) => id, emptied, String(shown));
  if (!all) return null;
  const by = axis();
  const words = { n: count(all.count), groups: n, needs: count(needsOf(all)) };
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
