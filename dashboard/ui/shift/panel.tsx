/** The shift at a glance, while nothing is chosen: next promises, oldest unacknowledged, warnings ending, 24 hours. */
import { arrangement, type ShownAlert } from "../alerts/arrange";
import { useKpi } from "../alerts/load";
import { warnings } from "../alerts/summary";
import { Age } from "../core/age";
import { duration, number } from "../core/format";
import { pick, t } from "../core/i18n";
import { alertTitle, alertValue, joined, subjectName, warningTitle } from "../core/names";
import { select } from "../core/selection";
import { AlertIcon } from "../core/shapes";
import { mayDo, me } from "../core/site";
import { now, parse, shortTime } from "../core/time";
import type { AlertRecord, WarningRecord } from "../records";
import { roster, shiftText } from "../shell/duty";
import { HourBars } from "../wall/hourbars";

const MOST = 4;

export function ShiftPane() {
  const { shown } = arrangement.value;
  return (
    <div class="shift">
      <ShiftHead />
      <Beginnings />
      <Promises shown={shown} />
      <OldestOpen shown={shown} />
      <Ending />
      <Day />
    </div>
  );
}

function ShiftHead() {
  const shift = roster.value?.now;
  const ends = parse(shift?.ends);
  const people = shift && me.value.personal !== false ? shiftText(shift) : shift ? pick(shift.name) || shift.shift : "";
  const until = ends === null ? "" : t("hider.until", { at: shortTime(ends) });
  return (
    <header class="shift-head">
      <h2>{t("shift.title")}</h2>
      <span class="quiet">{joined([people || t("duty.nobody"), until])}</span>
    </header>
  );
}

/** What begins with a call: an incident, or a line in the log. Their keys work on every page. */
function Beginnings() {
  if (!mayDo("command")) return null;
  return (
    <section class="shift-orders">
      <button type="button" class="chip" data-new-incident=""
        onClick={() => void import("../incidents/new").then(({ openNew }) => openNew())}>
        {t("incidents.new")} <kbd>F2</kbd>
      </button>
      <button type="button" class="chip" data-new-entry=""
        onClick={() => void import("../dutylog/form").then(({ openEntry }) => openEntry())}>
        {t("log.new")} <kbd>l</kbd>
      </button>
    </section>
  );
}

/** Alerts that somebody has promised to end, the nearest promise first. */
export function promises(shown: readonly ShownAlert[]): { alert: AlertRecord; due: number }[] {
  const list = shown.flatMap(({ alert }) => {
    const due = parse(alert.ack?.estimated_restoration) ?? parse(alert.ack?.until);
    return alert.active && due !== null ? [{ alert, due }] : [];
  });
  return list.sort((a, b) => a.due - b.due);
}

function Promises({ shown }: { shown: ShownAlert[] }) {
  const at = now();
  const list = promises(shown);
  const late = list.filter(({ due }) => due < at).length;
  return (
    <section>
      <h3>{t("shift.promises")}<span class="quiet">{t("shift.promises.note", { n: list.length, late })}</span></h3>
      <ul>
        {list.slice(0, MOST).map(({ alert, due }) => (
          <li key={alert.id}>
            <button type="button" class="shift-row" data-id={alert.id} onClick={() => select({ alert: alert.id })}>
              <time class="quiet">{shortTime(due)}</time>
              <span>{subjectName(alert)} <small>{alert.ack?.by}</small></span>
              <b class={due < at ? "is-late" : ""}>{due < at ? `+${duration(at - due)}` : duration(due - at)}</b>
            </button>
          </li>
        ))}
      </ul>
      {list.length ? null : <p class="quiet">{t("shift.promises.none")}</p>}
    </section>
  );
}

function OldestOpen({ shown }: { shown: ShownAlert[] }) {
  const open = shown.map(({ alert }) => alert).filter((alert) => !alert.acked);
  const [oldest] = open.sort((a, b) => (a.raised_at < b.raised_at ? -1 : 1));
  return (
    <section>
      <h3>{t("load.oldest")}<span class="quiet">{t("load.waiting", { n: open.length })}</span></h3>
      {oldest ? (
        <button type="button" class="shift-oldest" data-id={oldest.id} onClick={() => select({ alert: oldest.id })}>
          <AlertIcon alert={oldest} />
          <span>{alertTitle(oldest)}<small>{alertValue(oldest)}</small></span>
          <Age since={oldest.raised_at} />
        </button>
      ) : <p class="quiet">{t("list.empty.unacked")}</p>}
    </section>
  );
}

function Ending() {
  const at = now();
  const ends = (warning: WarningRecord): number => parse(warning.expires) ?? Infinity;
  const list = [...warnings.value.real].sort((a, b) => ends(a) - ends(b));
  return (
    <section>
      <h3>{t("shift.warnings")}</h3>
      <ul>
        {list.slice(0, MOST).map((warning) => (
          <li key={warning.id} class={`shift-row colour-${warning.colour || "none"}`}>
            <i class="chip-colour">{t(`colour.letter.${warning.colour || "none"}`)}</i>
            <span>{warningTitle(warning)}</span>
            <b>{Number.isFinite(ends(warning)) ? duration(ends(warning) - at) : "—"}</b>
          </li>
        ))}
      </ul>
      {list.length ? null : <p class="quiet">{t("feed.nowarning")}</p>}
    </section>
  );
}

function Day() {
  const load = useKpi()?.load;
  if (!load) return null;
  const per = t("shift.rate", { n: number(load.rate.per_operator), target: load.rate.target });
  return (
    <section>
      <h3>{t("load.hours")}<span class="quiet">{per}</span></h3>
      <HourBars load={load} width={360} height={70} />
    </section>
  );
}
