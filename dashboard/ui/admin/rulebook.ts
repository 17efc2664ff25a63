/** Rules as the server gives and takes them. */
import type { ByLanguage } from "../core/i18n";
import { t } from "../core/i18n";
import { covers, me } from "../core/site";

export const PATH = "/api/v1/rules";

/** A severity that holds while its condition does. */
export interface Grade {
  when: string;
  severity: string;
}
export interface Rule {
  id: string;
  over: string;
  /** The reading of whose members every one is asked about. */
  each?: string;
  when: string;
  severity: string;
  grades?: Grade[];
  /** Seconds. */
  for: number;
  recover_for: number;
  title?: Record<string, string>;
  text?: string;
  region?: string;
  source: string;
  rev?: number;
  by?: string;
  at?: string | null;
  comment?: string;
  active: number;
  problem?: ByLanguage;
}
export interface Rules {
  items: Rule[];
  /** The kinds of thing that a rule may be over. */
  subjects?: { name: string }[];
}

/** What a trial of a rule counted: how many things were asked, for how many it holds, what would begin and end. */
export interface Preview {
  asked: number;
  holds: number;
  no_data: number;
  raises: number;
  clears: number;
  examples?: string[];
}

export function previewText(preview: Preview | null | undefined): string {
  if (!preview) return "";
  const { asked, holds, no_data: none, raises, clears, examples = [] } = preview;
  const named = examples.length ? t("rules.preview.examples", { list: examples.slice(0, 6).join(t("list.and")) }) : "";
  return [t("rules.preview", { asked, holds, none, raises, clears }), named].filter(Boolean).join(" · ");
}

/** Whether the rule is this person's to change: who has a region changes that region's rules. */
export function isOwn(rule: { region?: string } | null | undefined): boolean {
  return !me.value.region || Boolean(rule?.region && covers(me.value.region, rule.region));
}
