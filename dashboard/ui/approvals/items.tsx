/** The items of a department: what was done this month, in time, and how long it took. */
import { query, setQuery } from "../core/address";
import { count, number, percent } from "../core/format";
import { t } from "../core/i18n";
import type { FigureRow } from "./data";

export function Items({ rows }: { rows: readonly FigureRow[] }) {
  const ordered = [...rows].sort((a, b) => (a.in_time_share ?? 2) - (b.in_time_share ?? 2) || b.done - a.done);
  return (
    <section class="panel case-departments is-items" data-part="items" tabIndex={0}>
      <header class="case-head"><h2>{t("approvals.items", { n: rows.length })}</h2></header>
      <table class="case-table is-numbers">
        <thead><tr><th>{t("approvals.column.item")}</th><th>{t("approvals.line.done")}</th>
          <th>{t("approvals.share")}</th><th>{t("approvals.mean")}</th></tr></thead>
        <tbody>
          {ordered.map((row) => (
            <tr key={row.key} class={query("item") === row.key ? "is-strong" : ""}>
              <th><button type="button" class="link cut" data-item={row.key}
                onClick={() => setQuery({ item: query("item") === row.key ? null : row.key })}>
                {row.name || row.key}</button></th>
              <td>{count(row.done)}</td><td>{percent(row.in_time_share)}</td><td>{number(row.mean_days)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length ? null : <p class="rows-empty">{t("approvals.nothing")}</p>}
    </section>
  );
}
