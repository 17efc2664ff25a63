/** A flood on the wall: how many alerts in how many groups, what needs a person, and the groups on one time axis. */
import { arrangement, type ShownAlert } from "../alerts/arrange";
import { Curve } from "../alerts/curve";
import { ALL, groupsBy, groupTitle, needsOf } from "../alerts/groups";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { SeverityIcon } from "../core/shapes";
import { parse, shortTime } from "../core/time";
import type { GroupRecord } from "../records";
import { OpenRow } from "./openrow";

export type FloodLine = { alert: ShownAlert } | { group: GroupRecord };

/** What needs a person first, then the groups by rule; of a group of one alert that alert is not repeated. */
export function floodLines(groups: ReadonlyMap<string, GroupRecord>): FloodLine[] {
  const shown = new Map(arrangement.value.shown.map((row) => [row.alert.id, row]));
  const needed = (groups.get(ALL)?.alerts ?? []).flatMap((id) => shown.get(id) ?? []);
  const rest = groupsBy(groups, "rule").filter(({ count: n, needs }) => n > 1 || !Object.keys(needs).length);
  return [...needed.map((alert) => ({ alert })), ...rest.map((group) => ({ group }))];
}

interface Props {
  whole: GroupRecord;
  lines: readonly FloodLine[];
  /** How many lines there is room for. */
  seen: number;
}

export function FloodBoard({ whole, lines, seen }: Props) {
  const groups = lines.filter((line) => "group" in line).length;
  const words = { n: count(whole.count), groups, needs: count(needsOf(whole)) };
  return (
    <section class="board-flood">
      <header class="feed-head">
        <h2>{t("flood.sum", words)}</h2>
        <span class="quiet">{t("flood.unacked", { n: count(whole.unacked) })}</span>
      </header>
      <ol class="board">
        {lines.slice(0, seen).map((line) => "alert" in line
          ? <OpenRow key={line.alert.alert.id} row={line.alert} />
          : <GroupRow key={line.group.id} group={line.group} whole={whole} />)}
      </ol>
    </section>
  );
}

function GroupRow({ group, whole }: { group: GroupRecord; whole: GroupRecord }) {
  const needs = needsOf(group);
  const first = shortTime(parse(group.first_at));
  const notes = [
    needs ? t("flood.needs", { n: count(needs) }) : "",
    group.unacked ? t("flood.unacked", { n: count(group.unacked) }) : t("flood.taken"), t("wall.since", { at: first }),
  ];
  return (
    <li class={`board-row is-flood sev-${group.severity}`} data-group={group.id}>
      <span class="board-mark"><SeverityIcon severity={group.severity} /></span>
      <span class="board-title">{groupTitle(group)}</span>
      <b class="board-time">{count(group.count)}</b>
      <span class="board-note">{joined(notes)}</span>
      <span class="board-holder"><Curve curve={group.curve} whole={whole.curve} /></span>
    </li>
  );
}
