/** What happened about an incident, newest first, decisions marked: the rows of the duty log about it. */
import { address } from "../core/address";
import { get } from "../core/api";
import { useEffect, useState } from "preact/hooks";
import { pick, t } from "../core/i18n";
import { clock, parse } from "../core/time";
import type { IncidentDetail, LogPage } from "../records";
import { personName } from "../shell/duty";

export function Timeline({ incident, version }: { incident: IncidentDetail; version: string }) {
  const [rows, setRows] = useState<LogPage["items"] | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    const path = `/api/v1/incidents/${encodeURIComponent(incident.id)}/timeline?limit=100`;
    get<LogPage>(path, aborter.signal).then(({ items }) => setRows(items), () => undefined);
    return () => aborter.abort();
  }, [incident.id, version]);
  const decisions = rows?.filter(({ decision }) => decision).length ?? 0;
  return (
    <section class="incident-timeline">
      <header class="feed-head">
        <h2>{t("incidents.life")}</h2>
        <a href={address("/log", { of: incident.id })} data-inside="">
          {rows ? t("incidents.life.counts", { decisions, n: rows.length }) : t("log.loading")}
        </a>
      </header>
      <ol>
        {rows?.map((row) => (
          <li key={row.seq} class={row.corrected_by ? "is-struck" : ""}>
            <time>{clock(parse(row.at) ?? 0)}</time>
            <span class={row.decision ? "is-decision" : "quiet"}>{t(`log.kind.${row.kind}`)}</span>
            <span>{pick(row.text)} <small>{personName(row.actor)}</small></span>
          </li>
        ))}
      </ol>
    </section>
  );
}
