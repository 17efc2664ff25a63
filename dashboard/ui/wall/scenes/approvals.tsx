/** Approvals alone: every department with its lights over the map, and the cases that are late or turn so next. */
import { useEffect, useState } from "preact/hooks";
import { Light, leftText, lightOf } from "../../approvals/words";
import type { CaseRow } from "../../approvals/data";
import { get } from "../../core/api";
import { useRoom } from "../../core/fit";
import { count } from "../../core/format";
import { t } from "../../core/i18n";
import { joined } from "../../core/names";
import { regionName, site } from "../../core/site";
import { minute } from "../../core/time";
import { placeCodes } from "../../feeds/parts";
import type { BoardRecord } from "../../records";
import { ApprovalsCard, boardOf } from "../feedcards";
import { departments } from "../lights";
import type { Scene } from "../scene";

const ROW = 4.4;
const HEAD = 2.6;
const LINE = 2.9;
/** The least height of a row, while there are many departments. */
const CLOSE = 2.2;
const ASKED = 20;
const LIGHTS = ["red", "yellow", "grey", "green"] as const;

interface Cases {
  items: CaseRow[];
  total: number;
}

/** The open permits with a light, those that are due first, asked every minute; null while not known. */
function useCases(light: string): Cases | null {
  const [rows, setRows] = useState<Cases | null>(null);
  const asked = minute.value;
  useEffect(() => {
    const aborter = new AbortController();
    get<Cases>(`/api/v1/approvals/cases?kind=permit&light=${light}&limit=${ASKED}`, aborter.signal)
      .then(setRows, () => void (aborter.signal.aborted || setRows(null)));
    return () => aborter.abort();
  }, [light, asked]);
  return rows;
}

function Left() {
  const board = boardOf("feed:approvals");
  return (
    <>
      <ApprovalsCard />
      <section class="w-lights">
        <header class="feed-head">
          <h2>{t("wall.lights.all")}</h2>
          <span class="quiet">{t("approvals.duetoday", { n: board?.cases_due_today ?? 0 })}</span>
        </header>
        <ul class="units">
          {LIGHTS.map((light) => (
            <li key={light}>
              <Light light={light} /><span>{t(`approvals.light.${light}`)}</span>
              <b class={light === "red" && board?.cases.red ? "is-bad" : ""}>{count(board?.cases[light] ?? 0)}</b>
              <small />
            </li>
          ))}
        </ul>
      </section>
      <Counties />
    </>
  );
}

/** The open cases of each county as a bar: late ones, those near their limit, the rest. */
function Counties() {
  const boards = placeCodes(Boolean(boardOf(`place:approvals:${site.value.region}`)?.light))
    .map((code) => ({ code, board: boardOf(`place:approvals:${code}`) }));
  const most = Math.max(1, ...boards.map(({ board }) => openOf(board)));
  return (
    <section class="w-counties">
      <header class="feed-head"><h2>{t("wall.counties.open")}</h2></header>
      <ul>
        {boards.map(({ code, board }) => (
          <li key={code} data-id={code}>
            <span>{regionName(code)}</span>
            {board?.light !== "grey" && (board?.light || !board?.sources.silent)
              ? <i>{BARS.map((light) => <u key={light} class={`of-${light}`} style={share(board, light, most)} />)}</i>
              : <i class="is-hatched" />}
            <b class={board?.cases.red ? "is-bad" : ""}>{count(openOf(board))}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}

const BARS = ["red", "yellow", "grey", "green"] as const;
const openOf = (board: BoardRecord | undefined): number =>
  Object.values(board?.cases ?? {}).reduce((sum, n) => sum + n, 0);
const share = (board: BoardRecord | undefined, light: string, most: number): string =>
  `width:${(100 * (board?.cases[light] ?? 0)) / most}%`;

const RANK: Readonly<Record<string, number>> = { red: 0, yellow: 1, grey: 2, green: 3 };
const worstFirst = (a: BoardRecord, b: BoardRecord): number =>
  (RANK[a.light] ?? 4) - (RANK[b.light] ?? 4) || (b.cases.red ?? 0) - (a.cases.red ?? 0)
  || (b.cases.yellow ?? 0) - (a.cases.yellow ?? 0);

/** The departments, worst first, each with its number of cases by light. */
function Middle() {
  const [box, room] = useRoom<HTMLDivElement>();
  const boards = departments().sort(worstFirst);
  const line = Math.min(LINE, Math.max(CLOSE, (room - HEAD) / Math.max(1, boards.length)));
  const fits = Math.max(1, Math.floor((room - HEAD) / line));
  return (
    <div class="wall-departments">
      <header class="feed-head">
        <h2>{t("wall.departments", { n: boards.length })}</h2>
        <span class="quiet">{boards.length > fits ? t("board.first", { n: fits }) : ""}</span>
      </header>
      <div class="wall-departments-room" ref={box}>
        <table style={`--row:${line}rem`}>
          <thead><tr><th />{LIGHTS.map((light) => <th key={light}>{t(`approvals.light.${light}`)}</th>)}</tr></thead>
          <tbody>{boards.slice(0, fits).map((board) => <Department key={board.id} board={board} />)}</tbody>
        </table>
      </div>
    </div>
  );
}

function Department({ board }: { board: BoardRecord }) {
  return (
    <tr>
      <th><Light light={board.light} /> {board.title}</th>
      {LIGHTS.map((light) => {
        const n = board.cases[light] ?? 0;
        return <td key={light} class={n ? `of-${light}` : "is-zero"}>{count(n)}</td>;
      })}
    </tr>
  );
}

function Right() {
  const [box, room] = useRoom<HTMLDivElement>();
  const late = useCases("red");
  const soon = useCases("yellow");
  const fits = Math.max(2, Math.floor((room - 2 * HEAD) / ROW));
  const red = Math.min(late?.items.length ?? 0, Math.max(Math.ceil(fits / 2), fits - (soon?.items.length ?? 0)));
  return (
    <div class="board-box w-alert-board" ref={box}>
      <Part text="wall.cases.red" cases={late} most={red} />
      <Part text="wall.cases.yellow" cases={soon} most={fits - red} />
    </div>
  );
}

function Part({ text, cases, most }: { text: string; cases: Cases | null; most: number }) {
  return (
    <section>
      <header class="feed-head">
        <h2>{t(text)} <b>{cases ? count(cases.total) : ""}</b></h2>
        <span class="quiet">{cases && cases.total > most ? t("board.first", { n: most }) : ""}</span>
      </header>
      {cases ? null : <p class="board-calm"><span class="is-hatched">{t("feed.none")}</span></p>}
      {cases && !cases.total ? <p class="board-row is-taken quiet">{t("wall.cases.none")}</p> : null}
      <ol class="board">{cases?.items.slice(0, most).map((row) => <Case key={row.id} row={row} />)}</ol>
    </section>
  );
}

function Case({ row }: { row: CaseRow }) {
  return (
    <li class="board-row" data-id={row.id}>
      <span class="board-mark"><Light light={lightOf(row)} /></span>
      <span class="board-title">{row.item_name || row.item}</span>
      <span class="board-time">{leftText(row)}</span>
      <span class="board-note">{joined([row.department_name, row.step, regionName(row.region)])}</span>
      <span class="board-holder">{row.number}</span>
    </li>
  );
}

export const approvals: Scene = {
  name: "approvals", seconds: 30, Left, Middle, Right, present: () => Boolean(boardOf("feed:approvals")?.light),
};
