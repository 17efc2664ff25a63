/** The briefs of one incident with their states and files. */
import { address } from "../core/address";
import { t } from "../core/i18n";
import { briefKind, briefs, useBriefs } from "../briefs/records";
import type { BriefRecord } from "../records";

export function Briefs({ incident }: { incident: string }) {
  useBriefs();
  const all = briefs().filter((brief) => brief.incident === incident);
  if (!all.length) return null;
  return (
    <section class="incident-briefs">
      <header class="feed-head"><h2>{t("nav.briefs")}</h2></header>
      <ul>{all.map((brief) => <Row key={brief.id} brief={brief} />)}</ul>
    </section>
  );
}

function Row({ brief }: { brief: BriefRecord }) {
  return (
    <li data-id={brief.id}>
      <a href={address("/briefs", { brief: brief.id })} data-inside="">{brief.number || briefKind(brief)}</a>
      <small class="quiet">{briefKind(brief)} · {t(`briefs.state.${brief.state}`)}</small>
      <a class="chip" href={`/api/v1/briefs/${encodeURIComponent(brief.id)}.docx`} download="">
        {t("briefs.docx")}
      </a>
    </li>
  );
}
