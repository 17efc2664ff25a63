/** The receipts (接报): those that nobody has answered, the oldest late ones first; beside them those that are done. */
import { computed, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { newReceipts, openReceipts } from "../alerts/summary";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { list } from "../core/api";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { className } from "../core/names";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import { VirtualList } from "../core/virtual";
import type { ReceiptRecord } from "../records";
import { EmergencyTabs } from "../warnings/tabs";

const ROW = 58;
const TABS = ["new", "done", "exercise"] as const;
type Tab = (typeof TABS)[number];
/** Grows when a receipt was decided on here: the list of the others is asked for again. */
export const decided = signal(0);

/** Late ones first, then as they came: who has waited longest is next. */
export function byNeed(receipts: readonly ReceiptRecord[]): ReceiptRecord[] {
  return [...receipts].sort((a, b) => {
    return Number(b.unanswered) - Number(a.unanswered) || (a.received_at < b.received_at ? -1 : 1);
  });
}

const waiting = computed(() => byNeed(openReceipts.value.real));
const practised = computed(() => byNeed(newReceipts.value.filter((receipt) => receipt.mode !== "real")));

export default function ReceiptsPage() {
  const tab = TABS.find((name) => name === query("tab")) ?? "new";
  const counts: Record<Tab, number | null> = {
    new: waiting.value.length, done: null, exercise: practised.value.length,
  };
  return (
    <>
      <EmergencyTabs here="receipts" />
      <div class="warnings-filters" role="group" aria-label={t("receipts.which")}>
        {TABS.map((name) => (
          <button key={name} type="button" class={`chip show-${name}`} aria-pressed={name === tab} data-tab={name}
            onClick={() => setQuery({ tab: name === "new" ? null : name })}>
            {t(`receipts.tab.${name}`)} {counts[name] === null ? "" : <b>{count(counts[name])}</b>}
          </button>
        ))}
      </div>
      {tab === "done" ? <Done /> : <Rows rows={tab === "new" ? waiting.value : practised.value} />}
    </>
  );
}

function Done() {
  const [rows, setRows] = useState<ReceiptRecord[] | null>(null);
  const [failed, setFailed] = useState(false);
  const again = decided.value;
  useEffect(() => {
    let ended = false;
    list<ReceiptRecord>("/api/v1/receipts?state=attached,opened,dismissed&mode=real&limit=100", 5).then(
      (answer) => void (!ended && setRows(answer)), () => void (!ended && setFailed(true)),
    );
    return () => void (ended = true);
  }, [again]);
  if (!rows) return <p class="rows-empty">{t(failed ? "receipts.failed" : "receipts.loading")}</p>;
  return <Rows rows={rows} />;
}

function Rows({ rows }: { rows: ReceiptRecord[] }) {
  if (!rows.length) return <p class="rows-empty">{t(store.ready.value ? "receipts.none" : "receipts.loading")}</p>;
  return (
    <VirtualList rows={rows} keyOf={(receipt) => receipt.id} height={ROW} shown={query("receipt")}
      label={t("receipts.list")} class="receipt-rows">
      {(receipt, style) => <Row key={receipt.id} receipt={receipt} style={style} />}
    </VirtualList>
  );
}

function Row({ receipt, style }: { receipt: ReceiptRecord; style: string }) {
  const chosen = query("receipt") === receipt.id;
  const [best] = receipt.candidates;
  const flags = `${receipt.unanswered ? " is-late" : ""}${chosen ? " is-chosen" : ""}`;
  return (
    <div role="listitem" style={style} data-id={receipt.id}>
      <button type="button" class={`receipt-row state-${receipt.state}${flags}`}
        aria-pressed={chosen}
        onClick={() => setQuery({ receipt: chosen ? null : receipt.id }, { open: !query("receipt") })}>
        <b class="receipt-channel">{tOr(`receipts.channel.${receipt.channel}`, receipt.channel)}</b>
        <span class="receipt-what">
          {receipt.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>}
          {receipt.summary}
          <small>
            {[className(receipt.event_class), receipt.place || regionName(receipt.region),
              best ? t("receipts.maybe", { n: receipt.candidates.length, score: Math.round(best.score * 100) }) : "",
              receipt.versions > 1 ? t("receipts.version", { n: receipt.versions }) : ""].filter(Boolean).join(" · ")}
          </small>
        </span>
        <span class="receipt-when">
          <b>{receipt.unanswered ? t("receipts.unanswered") : t(`receipts.state.${receipt.state}`)}</b>
          <small><Age since={receipt.answered_at ?? receipt.received_at} form="ago" /></small>
        </span>
      </button>
    </div>
  );
}
