/** The figures at the top of the page of approvals: each leads to its cases. */
import { address } from "../core/address";
import { sources } from "../alerts/summary";
import { count, percent } from "../core/format";
import { t } from "../core/i18n";
import { sourceName } from "../core/names";
import { store } from "../core/picture";
import { clock, now, serverNow } from "../core/time";
import { heardOf, type Backlog } from "./counts";
import type { Summary } from "./data";
import { AsOf, Light } from "./words";

interface Props {
  backlog: Backlog;
  summary: Summary | null;
  department: string;
}

export function Strip({ backlog, summary, department }: Props) {
  const cards = [...store.all("card").values()].filter((card) => !department || card.department === department);
  const valid = cards.filter((card) => card.valid);
  const of = (colour: string): number => valid.filter((card) => card.colour === colour).length;
  const waiting = cards.filter((card) => card.state === "proposed").length;
  const appealed = cards.filter((card) => card.state === "appealed").length;
  const to = (light: string): string => address("", { light, bucket: null });
  return (
    <div class="case-strip">
      <Figure name="open" label={t("approvals.open")} value={count(backlog.open)} href={to("")}
        note={openNote(summary)} />
      <Figure name="red" label={t("approvals.red")} value={count(backlog.red)} href={to("red")}
        tone={backlog.red ? "red" : ""}
        note={backlog.unverified ? t("approvals.unverified.n", { n: backlog.unverified }) : ""} />
      <Figure name="yellow" label={t("approvals.yellow")} value={count(backlog.yellow)} href={to("yellow")}
        tone={backlog.yellow ? "yellow" : ""} note={t("approvals.duetoday", { n: backlog.dueToday })} />
      <Figure name="paused" label={t("approvals.paused")} value={count(backlog.paused)} href={to("paused")}
        note={backlog.grey ? t("approvals.grey.n", { n: backlog.grey }) : ""} />
      <Figure name="intime" label={t("approvals.intime")} value={percent(summary?.in_time_share)}
        note={inTimeNote(summary)} />
      <Figure name="cards" label={t("approvals.cards")} value={`${of("red")} / ${of("yellow")}`}
        href="/approvals/orders" note={t("approvals.cards.note", { waiting, appealed })} />
      <Freshness />
    </div>
  );
}

function openNote(summary: Summary | null): string {
  if (!summary) return "";
  return t("approvals.open.note", { accepted: count(summary.accepted), done: count(summary.done) });
}

function inTimeNote(summary: Summary | null): string {
  if (!summary) return "";
  const plain = percent(summary.promised_in_time_share);
  return t("approvals.intime.note", { in_time: count(summary.in_time), due: count(summary.due), plain });
}

interface FigureProps {
  name: string;
  label: string;
  value: string;
  note: string;
  tone?: string;
  href?: string;
}

function Figure({ name, label, value, note, tone = "", href }: FigureProps) {
  const body = (
    <>
      <span class="quiet">{label}</span>
      <strong class={tone && `light-${tone}`}>{tone ? <Light light={tone} /> : null}{value}</strong>
      <small>{note}</small>
    </>
  );
  return href
    ? <a class="case-figure" data-figure={name} href={href} data-inside="">{body}</a>
    : <div class="case-figure" data-figure={name}>{body}</div>;
}

/** Up to when the sources of cases have told everything; those that are silent or fail by name. */
function Freshness() {
  void now();
  const own = sources.value.filter((source) => source.kind.startsWith("approvals."));
  const { newest, stale } = heardOf(own);
  return (
    <div class="case-figure is-fresh" data-figure="asof">
      <span class="quiet">{t("approvals.asof.label")}</span>
      <strong>{newest ? clock(Math.min(newest, serverNow())) : own.length ? "—" : t("approvals.nosource")}</strong>
      <span class="case-silent">
        {stale.map((source) => (
          <a key={source.id} href="/sources" data-inside="" data-id={source.id}>
            {sourceName(source.id)} <AsOf at={source.valid_at ?? source.silent_since} />
          </a>
        ))}
      </span>
    </div>
  );
}
