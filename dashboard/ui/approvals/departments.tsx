/** The departments, worst first: lights of their open cases and the share in time of this month. */
import { computed } from "@preact/signals";
import { useRef } from "preact/hooks";
import { address } from "../core/address";
import { percent } from "../core/format";
import { useHold } from "../core/hold";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { byDepartment, emptyBacklog, inOrder, worst, type Backlog } from "./counts";
import { group, region, type FigureRow } from "./data";
import { AsOf, Light } from "./words";

type Row = Backlog & { share: number | null; due: number; inTime: number };
const backlogs = computed(() => byDepartment(store.all("case_board").values(), group.value, region.value));

const inTime = (figure: FigureRow | undefined): Pick<Row, "share" | "due" | "inTime"> =>
  ({ share: figure?.in_time_share ?? null, due: figure?.due ?? 0, inTime: figure?.in_time ?? 0 });

function rowsOf(figures: readonly FigureRow[]): Row[] {
  const shares = new Map(figures.map((figure) => [figure.key, figure]));
  const rows: Row[] = [...backlogs.value.values()].map((backlog) => {
    return { ...backlog, ...inTime(shares.get(backlog.department)) };
  });
  for (const figure of figures) {
    if (backlogs.value.has(figure.key)) continue;
    rows.push({ ...emptyBacklog(figure.key, figure.name), ...inTime(figure) });
  }
  return inOrder(rows);
}

const COLUMNS = ["red", "yellow", "green", "grey", "paused"] as const;

export function Departments({ figures }: { figures: readonly FigureRow[] }) {
  const rows = rowsOf(figures);
  const box = useRef<HTMLUListElement>(null);
  const gone = (row: Row): Row => ({ ...row, ...emptyBacklog(row.department, row.name) });
  const { rows: shown } = useHold(box, rows, (row) => row.department, gone, group.value);
  return (
    <section class="panel case-departments" data-part="departments">
      <header class="case-head"><h2>{t("approvals.departments", { n: rows.length })}</h2>
        <span class="quiet">{t("approvals.worstfirst")}</span></header>
      <div class="department-row is-head quiet" aria-hidden="true">
        <span /><span />{COLUMNS.map((light) => <Light key={light} light={light} />)}
        <span class="share-head">{t("approvals.share")}</span>
      </div>
      <ul ref={box}>
        {shown.map((row) => (
          <li key={row.department}>
            <a class="department-row" data-inside="" data-id={row.department}
              href={address(`/approvals/departments/${encodeURIComponent(row.department)}`, chosen())}>
              <Light light={worst(row)} />
              <span class="cut">{row.name || row.department}</span>
              {COLUMNS.map((light) => <Count key={light} n={row[light]} light={light} />)}
              {row.silent ? <span class="department-silent"><AsOf at={row.silent} /></span>
                : <Share row={row} />}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The filters of the address that hold for the page of a department too. */
const chosen = (): Record<string, string | null> =>
  ({ group: group.value === "permit" ? null : group.value, region: region.value || null });

function Count({ n, light }: { n: number; light: string }) {
  return <b class={n && (light === "red" || light === "yellow") ? `light-${light}` : ""}>{n || "-"}</b>;
}

/** Cases due below which a share is given as numbers. */
const FEW = 10;

/** A bar from 85 to 100 %, because below that the number says enough; of few cases the numbers. */
function Share({ row: { share, due, inTime: kept } }: { row: Row }) {
  const few = due > 0 && due < FEW;
  const width = few ? 0 : share === null ? 0 : Math.max(0.03, (share - 0.85) / 0.15) * 100;
  return (
    <>
      <span class="share-bar"><i style={`width:${Math.min(100, width)}%`} /></span>
      <span class={few && kept === due ? "share-number quiet" : "share-number"}>
        {share === null ? "—" : few ? t("approvals.share.few", { kept, due }) : percent(share).replace("%", "")}
      </span>
    </>
  );
}
