/** One receipt: the report, where it is, what may be the same event, its life, the row as received, and a decision. */
import { useEffect, useState } from "preact/hooks";
import { list, ProblemError, send } from "../core/api";
import { navigate, query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { t, tOr } from "../core/i18n";
import { className } from "../core/names";
import { store } from "../core/picture";
import { mayDo, regionName } from "../core/site";
import { parse, stamp } from "../core/time";
import { useDetail } from "../core/usedetail";
import { incidentPath } from "../incidents/address";
import type { ReceiptDetail } from "../records";
import { personName } from "../shell/duty";
import { decided } from "./page";
import { type Candidate, TakeUp } from "./takeup";

export default function ReceiptDetailPanel() {
  const id = query("receipt");
  return id ? <Detail key={id} id={id} /> : <p class="rows-empty">{t("receipts.choose")}</p>;
}

function Detail({ id }: { id: string }) {
  const versions = [store.all("receipt").get(id), decided.value];
  const { detail: whole, missing } = useDetail<ReceiptDetail>(`/api/v1/receipts/${encodeURIComponent(id)}`, versions);
  return (
    <article class="warning-detail receipt-detail" data-id={id}>
      <button type="button" class="chip warning-close" onClick={() => setQuery({ receipt: null })}>
        {t("warnings.close")}
      </button>
      {whole ? <Whole receipt={whole} />
        : <p class="rows-empty">{t(missing ? "receipts.missing" : "receipts.loading")}</p>}
    </article>
  );
}

function Whole({ receipt }: { receipt: ReceiptDetail }) {
  const candidates = useCandidates(receipt);
  const state = receipt.unanswered ? t("receipts.unanswered") : t(`receipts.state.${receipt.state}`);
  return (
    <>
      <header>
        <p>
          {receipt.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>}
          <b class={`receipt-state${receipt.unanswered ? " is-late" : ""}`}>{state}</b>{" "}
          {receipt.state === "new" ? <Age since={receipt.received_at} /> : null}
        </p>
        <h2>{receipt.title}</h2>
      </header>
      {receipt.text === receipt.title ? null : <p class="warning-text">{receipt.text}</p>}
      <Facts receipt={receipt} />
      <TakeUp receipt={receipt} candidates={candidates} />
      <Decision receipt={receipt} />
      <Candidates candidates={candidates} />
      <Life receipt={receipt} />
    </>
  );
}

function Facts({ receipt }: { receipt: ReceiptDetail }) {
  const when = (value: string | null): string => (parse(value) === null ? "" : stamp(parse(value)!));
  const point = receipt.lat === null || receipt.lon === null ? ""
    : `${receipt.lat.toFixed(5)}, ${receipt.lon.toFixed(5)}${receipt.accuracy_m ? ` ±${receipt.accuracy_m} m` : ""}`;
  const rows: [string, string][] = [
    ["channel", tOr(`receipts.channel.${receipt.channel}`, receipt.channel)],
    ["source", `${receipt.source} · ${receipt.external_id}`],
    ["received", when(receipt.received_at)],
    ["occurred", when(receipt.occurred_at)],
    ["place", [receipt.place, regionName(receipt.region)].filter(Boolean).join(" · ")],
    ["point", point || t("receipts.nopoint")],
    ["class", className(receipt.event_class) || t("receipts.noclass", { name: receipt.their_class || "—" })],
    ["caller", [receipt.caller, receipt.phone].filter(Boolean).join(" ")],
    ["incident", receipt.incident],
    ["answered", receipt.answered_at ? `${when(receipt.answered_at)} ${receipt.answered_by} ${receipt.reason}` : ""],
    ["problems", receipt.problems.join("；")],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => value ? (
        <div key={name} data-fact={name} class={name === "problems" ? "is-bad" : undefined}>
          <dt>{t(`receipts.fact.${name}`)}</dt><dd>{value}</dd>
        </div>
      ) : null)}
    </dl>
  );
}

/** Dismisses the receipt or takes that back. Both need a reason and hold only for the revision that is shown. */
function Decision({ receipt }: { receipt: ReceiptDetail }) {
  const [reason, setReason] = useState("");
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const verb = (["dismiss", "restore"] as const).find((order) => receipt.orders.includes(order));
  if (!verb || !mayDo("command")) return null;
  const decide = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    send("POST", `/api/v1/receipts/${encodeURIComponent(receipt.id)}/${verb}`, { reason, rev: receipt.rev }).then(
      () => {
        setReason("");
        setFailure("");
      },
      (error: ProblemError) => setFailure(error.message),
    ).finally(() => {
      setBusy(false);
      decided.value += 1;
    });
  };
  return (
    <form class="receipt-decision" onSubmit={decide}>
      <label>
        <span>{t(`receipts.${verb}.reason`)}</span>
        <input name="reason" required maxLength={2000} value={reason}
          onInput={(event) => setReason((event.target as HTMLInputElement).value)} />
      </label>
      <button type="submit" class="primary" disabled={busy || !reason.trim()}>{t(`receipts.${verb}`)}</button>
      {failure ? <p class="is-bad" role="alert">{failure}</p> : null}
    </form>
  );
}

/** What may be the same event as a receipt, best first, each with the incident that it belongs to by now. */
function useCandidates({ id, rev, candidates }: ReceiptDetail): Candidate[] {
  const [found, setFound] = useState<Candidate[]>([]);
  useEffect(() => {
    let ended = false;
    const show = (items: Candidate[]): void => void (!ended && setFound(items));
    if (!candidates.length) show([]);
    else list<Candidate>(`/api/v1/receipts/${encodeURIComponent(id)}/candidates`, 1).then(show, () => show([]));
    return () => void (ended = true);
  }, [id, rev, decided.value]);
  return found;
}

/** Receipts and incidents that may be one event, with the score. They are proposals: a person decides. */
function Candidates({ candidates }: { candidates: Candidate[] }) {
  if (!candidates.length) return null;
  const open = ({ id, incident }: Candidate): void => {
    if (id === incident) navigate(incidentPath(id));
    else setQuery({ receipt: id }, { open: true });
  };
  return (
    <section>
      <h3>{t("receipts.candidates")}</h3>
      <ul class="receipt-candidates">
        {candidates.map((candidate) => (
          <li key={candidate.id} class={candidate.likely ? "is-likely" : ""}>
            <button type="button" class="link" onClick={() => open(candidate)}>
              <b>{Math.round(candidate.score * 100)}</b>{" "}
              {t(candidate.likely ? "receipts.likely" : "receipts.perhaps")}{" "}
              {candidate.title || candidate.id}
              <small>
                {t("receipts.apart", { m: Math.round(candidate.distance_m), s: Math.round(candidate.seconds) })}
              </small>
            </button>
          </li>
        ))}
      </ul>
      <p class="quiet">{t("receipts.candidates.note")}</p>
    </section>
  );
}

function Life({ receipt }: { receipt: ReceiptDetail }) {
  const raw = [...receipt.transitions].reverse().find((step) => step.raw)?.raw ?? "";
  return (
    <section>
      <h3>{t("receipts.life")}</h3>
      <ol class="warning-life">
        {receipt.transitions.map((step) => (
          <li key={step.seq}>
            <time>{stamp(parse(step.at) ?? 0)}</time> {tOr(`receipts.step.${step.name}`, step.name)}
            <small>{[personName(step.actor), step.reason].filter(Boolean).join("：")}</small>
          </li>
        ))}
      </ol>
      {raw ? <details><summary>{t("receipts.raw")}</summary><pre>{pretty(raw)}</pre></details> : null}
    </section>
  );
}

function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}
