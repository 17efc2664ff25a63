/** The right of the wall: incidents in hand, what nobody has taken, what somebody has, what comes in the next hour. */
import { arrangement, type ShownAlert } from "../alerts/arrange";
import { ALL, useGroups } from "../alerts/groups";
import { Age } from "../core/age";
import { useRoom } from "../core/fit";
import { duration } from "../core/format";
import { t } from "../core/i18n";
import { alertHolder, alertTitle, joined } from "../core/names";
import { store } from "../core/picture";
import { AlertIcon } from "../core/shapes";
import { now, parse } from "../core/time";
import { Calm } from "../feeds/network";
import { hiddenCounts } from "../alerts/hidden";
import { incidentsOf } from "../incidents/records";
import type { AlertRecord } from "../records";
import { FloodBoard, floodLines } from "./floodboard";
import { incidentRoom, Incidents } from "./incidents";
import { NextHour, nextHour } from "./next";
import { OpenRow } from "./openrow";
import { Recent } from "./recent";

// Heights in rem; styles/wall.css has the same.
const OPEN_ROW = 4.4;
const TAKEN_ROW = 2.75;
const HEAD = 2.6;
const NEXT = 9.5;
const FOOT = 2.4;

/** How many rows of each part can be seen: what nobody has comes first, but four that somebody has stay in sight. */
export function share(room: number, open: number, taken: number, extra: number): { open: number; taken: number } {
  const space = Math.max(0, room - FOOT - extra - (open ? HEAD : 0) - (taken ? HEAD : 0));
  const kept = Math.min(taken, 4) * TAKEN_ROW;
  const shownOpen = Math.min(open, Math.max(0, Math.floor((space - kept) / OPEN_ROW)));
  const rest = space - shownOpen * OPEN_ROW;
  return { open: shownOpen, taken: Math.min(taken, Math.max(0, Math.floor(rest / TAKEN_ROW))) };
}

interface Props {
  /** Which alerts it shows; left out: all. */
  takes?: (alert: AlertRecord) => boolean;
  /** How many incidents are shown whole; 0: none at all. */
  incidents?: number;
}

export default function AlertBoard({ takes, incidents = 1 }: Props) {
  const [box, room] = useRoom<HTMLDivElement>();
  const { shown: all } = arrangement.value;
  const groups = useGroups();
  const shown = takes ? all.filter((row) => takes(row.alert)) : all;
  const open = shown.filter((row) => !row.alert.acked);
  const taken = shown.filter((row) => row.alert.acked);
  const points = nextHour(shown, now());
  const reported = incidents ? incidentRoom(incidentsOf("open").length, incidents).height : 0;
  const flood = takes ? undefined : groups.get(ALL);
  const lines = flood ? floodLines(groups) : [];
  const extra = (points.length ? NEXT : 0) + reported;
  const fits = share(room, flood ? lines.length : open.length, taken.length, extra);
  return (
    <div class="board-box w-alert-board" ref={box}>
      {incidents ? <Incidents most={incidents} /> : null}
      {flood ? <FloodBoard whole={flood} lines={lines} seen={fits.open} /> : null}
      {open.length && !flood ? (
        <section>
          <Head text="board.unacked" all={open.length} seen={fits.open}><Oldest rows={open} /></Head>
          <ol class="board">{open.slice(0, fits.open).map((row) => <OpenRow key={row.alert.id} row={row} />)}</ol>
        </section>
      ) : null}
      {taken.length ? (
        <section>
          <Head text="board.taken" all={taken.length} seen={fits.taken}>{t("board.taken.note")}</Head>
          <ol class="board">{taken.slice(0, fits.taken).map((row) => <TakenRow key={row.alert.id} row={row} />)}</ol>
        </section>
      ) : null}
      {shown.length ? null : <p class="board-calm"><Calm text="board.calm" /></p>}
      <Recent />
      {points.length ? <NextHour points={points} /> : null}
      <Foot />
    </div>
  );
}

interface HeadProps {
  text: string;
  all: number;
  seen: number;
  children: preact.ComponentChildren;
}

/** A count, and when not all of them can be seen, how many can. */
function Head({ text, all, seen, children }: HeadProps) {
  return (
    <header class="feed-head">
      <h2>{t(text)} <b>{all}</b>{seen < all ? <small class="quiet"> {t("board.first", { n: seen })}</small> : null}</h2>
      <span class="quiet">{children}</span>
    </header>
  );
}

function Oldest({ rows }: { rows: ShownAlert[] }) {
  const at = now();
  const first = rows.reduce((least, { alert }) => Math.min(least, parse(alert.raised_at) ?? least), Infinity);
  return <>{Number.isFinite(first) ? t("board.oldest", { span: duration(at - first) }) : ""}</>;
}

/** One line: what, who has it and until when, and since when. */
function TakenRow({ row: { alert } }: { row: ShownAlert }) {
  const over = alert.active ? "" : " is-over";
  return (
    <li class={`board-row is-taken sev-${alert.severity}${over}`} data-id={alert.id}>
      <span class="board-mark"><AlertIcon alert={alert} /></span>
      <span class="board-title">{alertTitle(alert)}</span>
      <span class="board-holder">{alertHolder(alert).text}</span>
      <Age class="board-time" since={alert.raised_at} />
    </li>
  );
}

function Foot() {
  const { folded, hidden } = arrangement.value;
  const outside = store.hidden.value.alert ?? 0;
  const parts = [
    folded.length ? t("board.folded", { n: folded.length }) : "",
    hiddenCounts(hidden),
    outside ? t("board.outside", { n: outside }) : "",
  ];
  return <footer class="board-foot quiet">{joined(parts) || t("board.nothidden")}</footer>;
}
