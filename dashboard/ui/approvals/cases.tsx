/** A window of cases, in the order of their limits, by the lights that are chosen. */
import { computed } from "@preact/signals";
import { address, query, setQuery } from "../core/address";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import type { CardRecord } from "../records";
import type { Backlog } from "./counts";
import { group, region, route, useAnswer, type CaseRow, type Window } from "./data";
import { CardChip, flagName, leftText, Light, lightOf, shortDay } from "./words";
import { stepName } from "./charts";

const LIGHTS = ["red", "yellow", "paused", "green", "grey"] as const;
const SHOWN = 200;
const cardsByCase = computed(() => {
  const cards = new Map<number, CardRecord>();
  for (const card of store.all("card").values()) cards.set(card.key, card);
  return cards;
});

/** The conditions that the address sets. */
function conditions(department: string): Record<string, string | null> {
  const light = query("light") ?? "";
  const bucket = query("bucket");
  const [from, to] = (query("due") ?? "").split(",");
  const suspended = light === "paused" || bucket === "paused";
  return {
    department, kind: group.value, region: region.value, limit: String(SHOWN),
    light: bucket || suspended ? null : light || null,
    paused: suspended ? "true" : bucket ? "false" : null,
    due_from: bucket && !suspended ? (from ?? null) : null,
    due_to: bucket && !suspended ? (to ?? null) : null,
    item: query("item"),
  };
}

export function CaseList({ backlog, department }: { backlog: Backlog; department: string }) {
  const { value, failed } = useAnswer<Window>(route("cases", conditions(department)));
  const light = query("light") ?? "";
  return (
    <section class="panel case-list" data-part="cases">
      <header class="case-head case-filters">
        {LIGHTS.map((name) => (
          <button key={name} type="button" class="chip" aria-pressed={light === name} data-light={name}
            onClick={() => setQuery({ light: light === name ? null : name, bucket: null, due: null })}>
            <Light light={name} /> {t(`approvals.light.${name}`)} {count(backlog[name])}
          </button>
        ))}
        <span class="quiet case-found">
          {value ? t("approvals.found", { n: count(value.total), shown: count(value.items.length) })
            : t("approvals.waiting")}
        </span>
      </header>
      {failed ? <p class="rows-empty" role="alert">{failed.message}</p> : null}
      <div class="case-row is-head quiet" aria-hidden="true">
        <span />{["number", "item", "department", "region", "step", "due", "left", "marks"].map((name) => (
          <span key={name}>{t(`approvals.column.${name}`)}</span>
        ))}
      </div>
      <ul class="case-rows">
        {value?.items.map((row) => <Row key={row.key} row={row} card={cardsByCase.value.get(row.key)} />)}
        {value && !value.items.length ? <li class="rows-empty">{t("approvals.nocase")}</li> : null}
      </ul>
    </section>
  );
}

export function Row({ row, card }: { row: CaseRow; card: CardRecord | undefined }) {
  const left = leftText(row);
  const flags = row.flags.filter((flag) => flag !== "paused");
  return (
    <li>
      <a class="case-row" data-inside="" data-id={row.id} href={address(`/approvals/cases/${row.key}`)}>
        <Light light={lightOf(row)} />
        <span class="cut" title={row.number}>{row.number}</span>
        <span class="cut" title={row.item_name}>{row.item_name || row.item}</span>
        <span class="cut">{row.department_name}</span>
        <span>{regionName(row.region)}</span>
        <span>{row.step ? stepName(row.step) : "—"}</span>
        <span>{row.due ? shortDay(row.due) : "—"}</span>
        <span class={row.light === "red" || row.light === "yellow" ? `light-${row.light}` : ""}>{left || "—"}</span>
        <span class="case-marks">
          {card ? <CardChip card={card} /> : null}
          {row.flags.includes("paused") ? <span class="case-chip">{t("approvals.light.paused")}</span> : null}
          {flags.map((flag) => <span key={flag} class="case-chip">{flagName(flag)}</span>)}
        </span>
      </a>
    </li>
  );
}
