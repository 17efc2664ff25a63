/** How long until a report is due, or how late it is; dashes while the picture is not current. */
import { duration } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { now } from "../core/time";
import type { ObligationRecord } from "../records";
import { dueAt } from "./records";

export function Countdown({ due }: { due: ObligationRecord }) {
  if (!due.due_at) return <b class="countdown is-warned">{t("incidents.at-once")}</b>;
  if (!store.ready.value) return <b class="countdown">--:--</b>;
  const left = dueAt(due) - now();
  const words = duration(Math.abs(left));
  return (
    <b class={`countdown is-${due.state}`} role="timer">
      {t(left >= 0 ? "incidents.left" : "incidents.over", { span: words })}
    </b>
  );
}

/** What has to be reported to whom, in words: "初报 · 电话 → 省". */
export const reportName = (due: ObligationRecord): string =>
  `${t(`incidents.step.${due.step}`)} · ${t(`incidents.by.${due.channel}`)} → ${t(`incidents.to.${due.recipient}`)}`;
