/** What a silence or a maintenance window is about, and when it is in force, in words. */
import { span } from "../core/format";
import { t } from "../core/i18n";
import { kindName, severityName } from "../core/names";
import { store } from "../core/picture";
import { regionName } from "../core/site";

/** The conditions of a silence or window; all that are given must hold. */
export interface Match {
  assets?: string[];
  region?: string;
  kinds?: string[];
  rule?: string;
  severities?: string[];
  labels?: Record<string, string>;
}
/** Each day, or on days of the week (1 is Monday), from a time of the site for so many minutes. */
export interface Recurrence {
  start: string;
  minutes: number;
  days?: number[];
}

const NAMED = 3;

export function matchText(match: Match): string {
  const { assets = [], region, kinds = [], rule, severities = [], labels = {} } = match;
  const names = assets.map((id) => store.all("asset").get(id)?.name ?? id);
  const listed = names.slice(0, NAMED).join(t("list.and"));
  const parts = [
    region ? regionName(region) : "", kinds.map(kindName).join(t("list.and")),
    names.length > NAMED ? t("hide.assets", { names: listed, n: names.length }) : listed,
    rule ? t("hide.rule", { rule }) : "", severities.map(severityName).join(t("list.and")),
    Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(" "),
  ];
  return parts.filter(Boolean).join(" · ") || t("hide.everything");
}

/** "每周一 22:00 起 120 分"; "" for what is in force once. */
export function recurrenceText(recurrence: Recurrence | null | undefined): string {
  if (!recurrence) return "";
  const { days = [], start, minutes } = recurrence;
  const named = days.map((day) => t(`weekday.${day}`)).join(t("list.and"));
  const when = days.length ? t("hide.weekly", { days: named }) : t("hide.daily");
  return t("hide.recurrence", { days: when, start, span: span(minutes * 60_000) });
}
