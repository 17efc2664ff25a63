/** The detail beside a list: what, where, since when, what hangs below, what happened, what to do. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Age } from "../core/age";
import { get, ProblemError } from "../core/api";
import { pick, t, tOr } from "../core/i18n";
import { affectedText, alertHolder, alertReach, alertValue, joined, kindName, severityName } from "../core/names";
import { store } from "../core/picture";
import { select, selection } from "../core/selection";
import { AlertIcon } from "../core/shapes";
import { mayAct, me, regionName } from "../core/site";
import { parse, stamp } from "../core/time";
import type { AlertRecord, AssetRecord, SuppressionOption } from "../records";
import { AckForm } from "./ack";
import { Life, type AlertHistory } from "./life";
import { ShiftPane } from "../shift/panel";
import { AssetHead, Readings, Surroundings, TreeRow, WarningWords } from "./subject";
import { Suppress } from "./suppress";
import { useWholeAsset } from "./wholeasset";
import { rowHead } from "./words";

const LOOKERS = ["viewer", "leader", "auditor"];

export default function Detail() {
  const { alert, asset, place } = selection.value;
  const chosen = asset ? store.all("asset").get(asset) : undefined;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => void box.current?.parentElement?.scrollTo(0, 0), [alert, asset]);
  const empty = !alert && !chosen && !place;
  return (
    <div class={`detail${empty ? " is-empty" : ""}`} ref={box}>
      <button type="button" class="detail-close" data-detail-close="" aria-label={t("key.close")}
        onClick={() => select({})}>
        ×
      </button>
      {alert ? <OneAlert key={alert} id={alert} />
        : chosen ? <OneAsset asset={chosen} />
        : place ? <Place ids={place} />
        : <ShiftPane />}
    </div>
  );
}

/** The history of an alert, read again with each of its revisions. One that is over comes whole: no picture has it. */
function useHistory(id: string, rev: number | null): { record: AlertHistory | null; failed: number | null } {
  const [answer, setAnswer] = useState<{ record: AlertHistory | null; failed: number | null }>({
    record: null, failed: null,
  });
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const record = await get<AlertHistory>(`/api/v1/alerts/${encodeURIComponent(id)}`, stop.signal);
        if (!stop.signal.aborted) setAnswer({ record, failed: null });
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (!stop.signal.aborted) setAnswer((old) => ({ record: old.record, failed: error.status }));
      }
    };
    void ask();
    return () => stop.abort();
  }, [id, rev]);
  return answer;
}

function OneAlert({ id }: { id: string }) {
  const live = store.all("alert").get(id);
  const { record, failed } = useHistory(id, live?.rev ?? null);
  const last = useRef<AlertRecord | null>(null);
  // A row of the list has not every field; the journal's answer has.
  last.current = live ? { ...record, ...live } : (last.current ?? record);
  const alert = last.current;
  const subject = useWholeAsset(alert?.subject_kind === "asset" ? alert.asset : null);
  if (!alert) {
    return <p class="quiet detail-head">{t(failed === null ? "detail.fetching" : "detail.gone")}</p>;
  }
  const warning = alert.subject_kind === "warning" ? store.all("warning").get(alert.asset) : undefined;
  return (
    <>
      <AlertHead alert={alert} subject={subject} closed={!live} />
      <Action alert={alert} closed={!live} options={record?.suppressions ?? []} />
      {subject ? <Surroundings asset={subject} /> : null}
      {warning ? <WarningWords warning={warning} /> : null}
      <section class="detail-history">
        {record ? <Life record={record} /> : failed ? <p class="quiet">{t("detail.nohistory")}</p> : null}
      </section>
    </>
  );
}

interface HeadProps {
  alert: AlertRecord;
  subject: AssetRecord | undefined;
  closed: boolean;
}

function AlertHead({ alert, subject, closed }: HeadProps) {
  const since = parse(alert.raised_at);
  const { name, words } = rowHead(alert);
  const value = alert.active && words ? words : alertValue(alert);
  const kind = subject ? kindName(subject.kind) : tOr(`record.${alert.subject_kind}`, "");
  const owner = subject?.owner ? t("detail.owner", { name: subject.owner }) : "";
  const state = tOr(`isa.${alert.state}`, alert.state);
  const reach = affectedText(alert);
  const why = pick(alert.explanation ?? {});
  return (
    <header class="detail-head">
      <p class="kicker">{[severityName(alert.severity), state, alert.rule].filter(Boolean).join(" · ")}</p>
      <h1 class={`sev-${alert.severity}${alert.active ? "" : " is-over"}`}>
        <AlertIcon alert={alert} />
        <span>{name}</span>
        {name.includes(value) ? null : <em>{value}</em>}
        {closed ? <time>{t("alert.closed")}</time> : <Age since={alert.raised_at} />}
      </h1>
      <p class="quiet">{joined([regionName(alert.region), kind, alertReach(alert), owner])}</p>
      {since === null ? null : <p class="quiet">{t("detail.since", { at: stamp(since) })}</p>}
      {reach ? <p>{t("alert.affected", { list: reach })}</p> : null}
      <Probes probes={subject?.probes ?? []} />
      {why ? <p class="quiet">{why}</p> : null}
      {subject ? (
        <p><a href={`/assets/${encodeURIComponent(subject.id)}`} data-inside="">{t("detail.asset")}</a></p>
      ) : null}
    </header>
  );
}

function Probes({ probes }: { probes: readonly string[] }) {
  if (!probes.length) return null;
  return <p class="quiet mono">{probes.slice(0, 3).map((uri) => uri.split("?")[0]).join("  ")}</p>;
}

interface ActionProps {
  alert: AlertRecord;
  closed: boolean;
  options: readonly SuppressionOption[];
}

/** Taking it and putting it aside, or why this person cannot. */
function Action({ alert, closed, options }: ActionProps) {
  const who = alertHolder(alert);
  const name = `holder${who.open ? " is-open" : ""}`;
  if (closed || !mayAct(alert.region)) {
    const why = closed ? "detail.closed" : LOOKERS.includes(me.value.role) ? "ack.norole" : "ack.noregion";
    return (
      <div class="detail-action">
        <p class={name}>{who.text}</p>
        <p class="quiet">{t(why)}</p>
      </div>
    );
  }
  const { ack } = alert;
  const held = ack ? t("detail.holder", { who: who.text, comment: ack.comment || "—" }) : t("detail.nobody");
  return (
    <div class="detail-action">
      <p class={name}>{held}</p>
      <AckForm alert={alert} />
      <Suppress alert={alert} options={options} />
    </div>
  );
}

function OneAsset({ asset: face }: { asset: AssetRecord }) {
  const asset = useWholeAsset(face.id) ?? face;
  return (
    <>
      <AssetHead asset={asset} place={regionName(asset.region)} />
      <div class="detail-action"><Readings asset={asset} /></div>
      <Surroundings asset={asset} />
      <section class="detail-history"><p class="quiet">{t("detail.noalert")}</p></section>
    </>
  );
}

/** The assets at a place that was pressed on the map. */
function Place({ ids }: { ids: readonly string[] }) {
  const assets = ids.flatMap((id) => store.all("asset").get(id) ?? []);
  assets.sort((a, b) => Number(a.health === "ok") - Number(b.health === "ok"));
  return (
    <>
      <header class="detail-head"><h1>{t("detail.place", { n: ids.length })}</h1></header>
      <section class="detail-tree">
        <ol class="tree">{assets.map((asset) => <TreeRow key={asset.id} asset={asset} place="self" />)}</ol>
      </section>
    </>
  );
}
