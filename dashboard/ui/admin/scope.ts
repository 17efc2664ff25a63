/** What a receiver or a policy is for: severities, feeds, regions and kinds. An empty list means all. */
import { SEVERITIES } from "../vocabulary";
import { t } from "../core/i18n";
import { kindName, severityName } from "../core/names";
import { regionName } from "../core/site";
import type { Option } from "../forms/field";
import { roster } from "../shell/duty";

export interface MatchedAlerts {
  severities: string[];
  feeds: string[];
  regions: string[];
  kinds: string[];
}

/** An entry that is made here (`origin` api) or stands in the settings, which cannot be changed here. */
export interface Entry extends MatchedAlerts {
  id: string;
  origin?: string;
  readonly?: boolean;
}
export interface EntryList<E extends Entry> {
  rev: number;
  items: E[];
  hidden?: number;
}

const FEEDS = ["network", "video", "approvals", "emergency"];

export const severityOptions = (): Option[] => SEVERITIES.map((name) => [name, severityName(name)]);
export const feedOptions = (): Option[] => FEEDS.map((name) => [name, t(`feedname.${name}`)]);

/** "严重、重要 · 网络", or "全部". */
export function scopeText(entry: MatchedAlerts): string {
  const lists = [
    entry.severities.map(severityName),
    entry.feeds.map((feed) => t(`feedname.${feed}`)),
    entry.regions.map((code) => regionName(code) || code),
    entry.kinds.map(kindName),
  ];
  const parts = lists.filter((list) => list.length).map((list) => list.join(t("list.and")));
  return parts.join(" · ") || t("receivers.all");
}

/** The people of the roster that this person may see. */
export function rosterPeople(): { id: string; name: string }[] {
  return (roster.value?.persons as { id: string; name: string }[] | undefined) ?? [];
}
