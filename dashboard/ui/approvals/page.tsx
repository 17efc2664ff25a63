/** Approvals: the site's backlog, or that of one department. */
import { address, navigate, path, query, setQuery } from "../core/address";
import { get, ProblemError } from "../core/api";
import { addMonths } from "../core/days";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo, regionName } from "../core/site";
import { today } from "../core/time";
import { useState } from "preact/hooks";
import { AgeingChart, Comparison, MonthsChart, StepsChart } from "./charts";
import { CaseList } from "./cases";
import { GROUPS, totalOf } from "./counts";
import {
  group, region, route, useAnswer, type Ageing, type SlowStep, type Summary, type Table, type Window,
} from "./data";
import { Departments } from "./departments";
import { fieldText } from "./form";
import { Items } from "./items";
import { finder, PersonFinder } from "./person";
import { Strip } from "./strip";

/** The department of the address, "" for the whole site. */
const departmentOf = (address: string): string =>
  decodeURIComponent(/^\/approvals\/departments\/([^/]+)$/.exec(address)?.[1] ?? "");

export default function ApprovalsPage() {
  const department = departmentOf(path());
  const month = today.value.slice(0, 7);
  const backlog = totalOf(store.all("case_board").values(), group.value, region.value, department);
  const where = { department, kind: group.value, region: region.value };
  const summary = useAnswer<Summary>(route("summary", where)).value;
  const ageing = useAnswer<Ageing>(route("ageing", where)).value;
  const slow = useAnswer<{ items: SlowStep[] }>(route("steps", { department, region: region.value })).value;
  const table = useAnswer<Table>(route("figures", { by: department ? "item" : "department", ...where })).value;
  const months = useAnswer<Table>(route("figures", yearTo(month, where))).value;
  const before = useAnswer<Table>(route("figures", yearTo(addMonths(month, -12), where))).value;
  const rows = table?.items ?? [];
  const name = boardName(department) || department;
  return (
    <>
      <Head name={department ? name : ""} />
      <Strip backlog={backlog} summary={summary} department={department} />
      <PersonFinder />
      {department ? <Items rows={rows} /> : <Departments figures={rows} />}
      <AgeingChart ageing={ageing} />
      <StepsChart backlog={backlog} slow={slow?.items ?? null} />
      <MonthsChart months={months?.items ?? []} before={before?.items ?? []} present={month} />
      <Comparison summary={summary} />
      <CaseList backlog={backlog} department={department} />
    </>
  );
}

const yearTo = (month: string, where: Record<string, string>): Record<string, string> => ({
  by: "month", from: `${addMonths(month, -12)}-01`, to: `${month}-28`, ...where,
});

function boardName(department: string): string {
  for (const board of store.all("case_board").values()) if (board.department === department) return board.name;
  return "";
}

/** The group of kinds as the first filter, the search by number, and the doors to orders and reports. */
function Head({ name }: { name: string }) {
  const [none, setNone] = useState("");
  const find = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const number = fieldText(event, "number");
    if (!number) return;
    try {
      const answer = await get<Window>(route("search", { number }));
      const [first] = answer.items;
      if (first) navigate(`/approvals/cases/${first.key}`);
      else setNone(t("approvals.search.none"));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setNone(error.message);
    }
  };
  return (
    <header class="list-top case-top">
      <h1>{name || t("approvals.title")}</h1>
      {name ? <a class="chip" data-inside="" href={address("/approvals")}>{t("approvals.all")}</a> : null}
      <span role="group" aria-label={t("approvals.group")} class="case-groups">
        {GROUPS.map((each) => (
          <button key={each} type="button" class="chip" aria-pressed={group.value === each} data-group={each}
            onClick={() => setQuery({ group: each === "permit" ? null : each, light: null, bucket: null, due: null })}>
            {t(`approvals.group.${each}`)}
          </button>
        ))}
      </span>
      <form onSubmit={(event) => void find(event)} class="case-search">
        <input name="number" type="search" minLength={8} maxLength={80} placeholder={t("approvals.search")}
          aria-label={t("approvals.search")} onInput={() => setNone("")} />
        <span class="quiet" role="status">{none}</span>
      </form>
      {mayDo("unmask") ? <button type="button" class="chip" aria-expanded={finder.value} data-person=""
        onClick={() => (finder.value = !finder.value)}>{t("approvals.person")}</button> : null}
      <a class="chip" data-inside="" href="/approvals/orders">{t("approvals.orders")}</a>
      <a class="chip" href="/reports/approvals">{t("approvals.report")}</a>
      {region.value ? <button type="button" class="chip" aria-pressed="true" onClick={() => setQuery({ region: null })}>
        {regionName(region.value)} ×</button> : null}
      {query("item") ? <button type="button" class="chip" onClick={() => setQuery({ item: null })}>
        {t("approvals.item.all")}</button> : null}
    </header>
  );
}
