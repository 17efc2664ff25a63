/** What fills the wall's right column when little is open: what ended last, as the journal has it. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../core/api";
import { useRoom } from "../core/fit";
import { duration } from "../core/format";
import { t } from "../core/i18n";
import { alertTitle } from "../core/names";
import { Icon } from "../core/shapes";
import { minute, parse, shortTime } from "../core/time";
import type { AlertRecord } from "../records";

const ROW = 2.75;
const HEAD = 2.6;
const ASKED = 20;

/** The alerts that ended last, asked every minute; null until the first answer. */
function useRecent(): AlertRecord[] | null {
  const [rows, setRows] = useState<AlertRecord[] | null>(null);
  const asked = minute.value;
  useEffect(() => {
    const aborter = new AbortController();
    get<{ items: AlertRecord[] }>(`/api/v1/alerts?open=false&limit=${ASKED}`, aborter.signal)
      .then(({ items }) => setRows(items), () => {});
    return () => aborter.abort();
  }, [asked]);
  return rows;
}

export function Recent() {
  const [box, room] = useRoom<HTMLDivElement>();
  const rows = useRecent();
  const fits = Math.max(0, Math.floor((room - HEAD) / ROW));
  return (
    <div class="board-space" ref={box}>
      {fits >= 2 && rows ? (
        <section class="recent">
          <header class="feed-head">
            <h2>{t("wall.recent")}</h2><span class="quiet">{t("wall.recent.note")}</span>
          </header>
          {rows.length ? null : <p class="board-calm">{t("wall.recent.none")}</p>}
          <ol class="board">{rows.slice(0, fits).map((alert) => <Row key={alert.id} alert={alert} />)}</ol>
        </section>
      ) : null}
    </div>
  );
}

function Row({ alert }: { alert: AlertRecord }) {
  const from = parse(alert.raised_at);
  const to = parse(alert.cleared_at);
  return (
    <li class="board-row is-taken is-over">
      <span class="board-mark"><Icon shape="check" class="is-cleared" /></span>
      <span class="board-title">{alertTitle(alert)}</span>
      <span class="board-holder">{shortTime(to)}</span>
      <span class="board-time">{from === null || to === null ? "" : duration(to - from)}</span>
    </li>
  );
}
