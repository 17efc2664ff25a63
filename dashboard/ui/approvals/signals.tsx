/** Suspicions over several cases, for supervisors: their numbers, and the cases where single ones are meant. */
import { count, percent } from "../core/format";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import { useAnswer } from "./data";

interface Signal {
  signal: string;
  department: string;
  name: string;
  n: number;
  of: number;
  share: number | null;
  keys: number[];
}

export function Signals() {
  const asked = mayDo("supervise") ? "/api/v1/approvals/signals" : null;
  const { value } = useAnswer<{ items: Signal[] }>(asked);
  if (!asked) return null;
  return (
    <section class="panel order-list" data-part="signals">
      <header class="case-head"><h2>{t("approvals.signals", { n: value?.items.length ?? 0 })}</h2>
        <span class="quiet">{t("approvals.signals.note")}</span></header>
      <ul>
        {value?.items.map((signal) => (
          <li key={`${signal.signal} ${signal.department}`} class="signal-row" data-signal={signal.signal}>
            <a data-inside="" href={`/approvals/departments/${encodeURIComponent(signal.department)}`}>{signal.name}</a>
            <span>{t(`approvals.signal.${signal.signal}`)}</span>
            <b>{signal.of ? `${count(signal.n)} / ${count(signal.of)} · ${percent(signal.share)}` : count(signal.n)}</b>
            <span class="quiet">{signal.keys.slice(0, 10).map((key) => (
              <a key={key} class="chip" data-inside="" href={`/approvals/cases/${key}`}>{key}</a>))}</span>
          </li>
        ))}
        {value && !value.items.length ? <li class="rows-empty">{t("approvals.signals.none")}</li> : null}
      </ul>
    </section>
  );
}
