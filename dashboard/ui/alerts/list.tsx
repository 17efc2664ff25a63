/** The list of alerts: keyboard first, only the rows in view exist, and nothing moves under the cursor. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { useHold } from "../core/hold";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { select, selection } from "../core/selection";
import { mayAct, mayDo } from "../core/site";
import { fromRem, isSmall } from "../core/small";
import { VirtualList } from "../core/virtual";
import { FirstSteps, inventoryEmpty } from "../feeds/first";
import { Calm } from "../feeds/network";
import { IncidentStrip } from "../incidents/strip";
import { arrangement } from "./arrange";
import { trial, type BulkVerb } from "./bulk";
import { BulkBar } from "./bulkbar";
import { BulkDialog, planOf, type Plan } from "./bulkdialog";
import { useChoice } from "./choice";
import { Filters } from "./filters";
import { addressFilter, narrows } from "./filter";
import { followHiders } from "./hiders";
import { FloodStrip } from "./grouprow";
import { ALL, axis, groupsBy, useFirstTab, useGroups, useOwners } from "./groups";
import { useListKeys } from "./listkeys";
import { HelpDialog, Keys } from "./keys";
import { usePast, type Past } from "./past";
import { ListRow, type RowList } from "./row";
import { left, listing, type AlertRow, type Row, type Tab } from "./rows";

const DESK_TABS: readonly Tab[] = ["open", "mine", "unacked", "folded", "shelved"];
const PAGE_TABS: readonly Tab[] = ["open", "unacked", "folded", "shelved", "closed"];
// Heights of a row in rem: two lines, and on a phone what a thumb hits.
const ROW = 3.9;
const SMALL_ROW = 4.6;

const tabsOf = (filters: boolean, flood: boolean): readonly Tab[] => {
  const tabs = filters ? PAGE_TABS : DESK_TABS;
  return flood ? ["groups", ...tabs] : tabs;
};

const isAlert = (row: Row): row is AlertRow => row.type === "alert";
const leave = (row: Row): Row => left(row, store.peek("alert"));

/** `filters`: with the filters of the alerts page. */
export default function AlertList({ filters = false }: { filters?: boolean }) {
  const groups = useGroups();
  const tabs = tabsOf(filters, groups.size > 0);
  const first = useFirstTab();
  const tab = tabs.find((name) => name === (query("tab") ?? first)) ?? "open";
  const filter = addressFilter();
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState(0);
  const past = usePast(tab === "closed");
  const alerts = store.all("alert");
  const all = useMemo(() => [...alerts.values()], [arrangement.value]);
  const flood = { groups, by: axis(), owners: useOwners(tab === "groups" && axis() === "unit") };
  const { rows, counts } = listing(all, arrangement.value, { tab, filter, unfolded, past: past.alerts, flood });
  useEffect(() => void (tab === "shelved" && followHiders(arrangement.value.hidden)));
  const box = useRef<HTMLDivElement>(null);
  const version = JSON.stringify([tab, flood.by, filter, [...unfolded], asked, past.state]);
  const held = useHold(box, rows, (row) => row.key, leave, version);
  const bulk = useBulkPanel();
  const list = useRowList(unfolded, setUnfolded, bulk);
  const refs = { search: useRef<HTMLInputElement>(null), help: useRef<HTMLDialogElement>(null) };
  const seen = held.rows.filter(isAlert);
  const letIn = (): void => setAsked(asked + 1);
  useListKeys({ rows: seen, list, refs, letIn, bulk: () => bulk.choice.chosen.size && void bulk.open("ack") });
  return (
    <div class={`alert-list${bulk.choosing ? " is-choosing" : ""}`}>
      {filters ? <Filters filter={filter} alerts={all} /> : <IncidentStrip list={box} />}
      <div class="list-top">
        <Tabs tabs={tabs} tab={tab} first={first} counts={counts} />
        {bulk.able ? <BeginChoosing bulk={bulk} /> : null}
        <Search input={refs.search} />
      </div>
      <FloodStrip whole={groups.get(ALL)} count={groupsBy(groups, flood.by).length} shown={tab === "groups"}
        list={box} />
      <div class="list-strip">
        <Oldest rows={seen} />
        {held.waiting ? (
          <button type="button" class="fresh" onClick={letIn}>{t("list.fresh", { n: held.waiting })}</button>
        ) : null}
      </div>
      <div class="list-scroll" ref={box}>
        {held.rows.length
          ? <Rows rows={held.rows} list={list} />
          : <Empty tab={tab} narrow={narrows(filter)} past={past} />}
      </div>
      <BulkBar choice={bulk.choice} open={(verb) => void bulk.open(verb)}
        chooseAll={() => bulk.choice.choose(seen.filter(list.mayChoose).map((row) => row.alert.id))} />
      <Keys />
      <HelpDialog dialog={refs.help} />
      {bulk.plan ? <BulkDialog plan={bulk.plan} finish={bulk.choice.finish} close={bulk.close} /> : null}
    </div>
  );
}

function useBulkPanel() {
  const able = mayDo("act");
  const choice = useChoice(able);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [choosing, setChoosing] = useState(false);
  const open = async (verb: BulkVerb): Promise<void> => {
    const { results, refused } = await trial(verb, [...choice.chosen]);
    if (refused) choice.say(refused);
    else setPlan(planOf(verb, results));
  };
  const begin = (): void => {
    if (choosing) choice.choose([]);
    setChoosing(!choosing);
  };
  return { able, choice, plan, choosing, begin, open, close: () => setPlan(null) };
}
type Bulk = ReturnType<typeof useBulkPanel>;

function useRowList(
  unfolded: ReadonlySet<string>, setUnfolded: (keys: ReadonlySet<string>) => void, bulk: Bulk,
): RowList {
  const fold = (key: string): void => {
    const next = new Set(unfolded);
    if (!next.delete(key)) next.add(key);
    setUnfolded(next);
  };
  return {
    selected: selection.value.alert, chosen: bulk.choice.chosen, unfolded, fold, choose: bulk.choice.toggle,
    select: (id) => select({ alert: id }),
    mayChoose: ({ alert }) => bulk.able && mayAct(alert.region) && store.peek("alert").has(alert.id),
  };
}

function Rows({ rows, list }: { rows: Row[]; list: RowList }) {
  // What is wrong with an asset is told in its rows.
  void store.all("asset");
  const height = fromRem(isSmall() ? SMALL_ROW : ROW);
  return (
    <VirtualList rows={rows} keyOf={(row) => row.key} height={height} shown={list.selected} class="rows"
      label={t("list.label")}>
      {(row, style) => <ListRow key={row.key} row={row} list={list} style={style} />}
    </VirtualList>
  );
}

interface TabsProps {
  tabs: readonly Tab[];
  tab: Tab;
  /** The one that an address without a tab means. */
  first: Tab;
  counts: Partial<Record<Tab, number>>;
}

function Tabs({ tabs, tab, first, counts }: TabsProps) {
  return (
    <div class="tabs" role="tablist">
      {tabs.map((name) => (
        <button key={name} type="button" role="tab" class="chip" aria-selected={name === tab} data-tab={name}
          onClick={() => setQuery({ tab: name === first ? null : name })}>
          {`${t(`list.tab.${name}`)} ${counts[name] ?? ""}`.trim()}
        </button>
      ))}
    </div>
  );
}

/** Where nothing hovers, the boxes come with a press on this. */
function BeginChoosing({ bulk }: { bulk: Bulk }) {
  return (
    <button type="button" class="chip bulk-begin" data-bulk-begin="" aria-pressed={bulk.choosing} onClick={bulk.begin}>
      {t("bulk.begin")}
    </button>
  );
}

function Search({ input }: { input: preact.RefObject<HTMLInputElement | null> }) {
  return (
    <input ref={input} type="search" class="search" placeholder={t("list.search")} aria-label={t("list.search")}
      value={query("q") ?? ""} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
  );
}

/** How many of the rows nobody has taken, and for how long the oldest has waited. */
function Oldest({ rows }: { rows: AlertRow[] }) {
  const waiting = rows.filter(({ alert, closed, gone }) => !alert.acked && !closed && !gone);
  const first = waiting.reduce((least, { alert }) => (alert.raised_at < least ? alert.raised_at : least), "9");
  if (!waiting.length) return null;
  return (
    <span class="quiet">
      {t("list.waiting", { n: waiting.length })} <Age since={first} />
    </span>
  );
}

function Empty({ tab, narrow, past }: { tab: Tab; narrow: boolean; past: Past }) {
  if (!store.ready.value) return null;
  if (tab === "open" && inventoryEmpty.value) return <FirstSteps />;
  if (tab === "open" && !narrow) return <p class="rows-empty"><Calm text="list.empty.open" /></p>;
  if (narrow) return <p class="rows-empty">{t("list.nomatch")}</p>;
  const reading = tab === "closed" && past.state;
  return <p class="rows-empty">{t(reading ? `list.past.${past.state}` : `list.empty.${tab}`)}</p>;
}
