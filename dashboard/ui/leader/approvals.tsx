/** Are approvals in time: the share of this month with its denominator, the lights, and the three slowest units. */
import { Light } from "../approvals/words";
import { count, percent } from "../core/format";
import { t } from "../core/i18n";
import { Icon } from "../core/shapes";
import { parse, shortTime } from "../core/time";
import type { Approvals } from "./data";
import { Band } from "./parts";

const FEW = 10;

/** The change of a rate in points, not in per cent of per cent; few cases are told as numbers alone. */
export function changeWords(approvals: Pick<Approvals, "share" | "before" | "due">): string {
  const { share, before, due } = approvals;
  if (share === null || before === null) return t("leader.nobefore");
  if (due < FEW) return t("leader.few", { n: due });
  const points = Math.round((share - before) * 1000) / 10;
  return t("leader.points", { n: points < 0 ? `−${Math.abs(points).toFixed(1)}` : `+${points.toFixed(1)}` });
}

interface Props {
  approvals: Approvals | null;
  failed: string | undefined;
  asOf: string;
}

export function ApprovalBand({ approvals, failed, asOf }: Props) {
  if (!approvals) {
    const why = t(failed === "no-approvals" ? "leader.noapprovals" : "leader.notcomputed");
    return <Band name="approvals"><p><span class="is-hatched">{why}</span></p></Band>;
  }
  const silent = approvals.silent_since;
  const note = t("leader.asof", { at: shortTime(parse(silent ?? asOf)) });
  return (
    <Band name="approvals" note={silent ? <span class="is-hatched">{note}</span> : note}>
      <div class="leader-approvals">
        <a class="leader-share" href="/approvals" data-inside="" title={t("leader.define.intime")}>
          <strong>{percent(approvals.share)}</strong>
          <span class="quiet">{t("leader.intime", { n: count(approvals.in_time), due: count(approvals.due) })}</span>
          <span>{changeWords(approvals)}</span>
          <span class="leader-lights">
            {["red", "yellow", "grey"].map((light) => (
              <span key={light}><Light light={light} /> {count(approvals.lights[light] ?? 0)}</span>
            ))}
          </span>
        </a>
        <ol class="leader-slow">
          {approvals.departments.map((row) => (
            <li key={row.key}>
              <a href={`/approvals/departments/${encodeURIComponent(row.key)}`} data-inside="">
                <span>{row.name}</span><small>{row.in_time} / {row.due}</small><b>{percent(row.share)}</b>
                <Icon shape="chevron" />
              </a>
            </li>
          ))}
          {approvals.few ? <li class="quiet">{t("leader.toofew", { n: approvals.few })}</li> : null}
        </ol>
      </div>
    </Band>
  );
}
