/** Regions as forms offer them. */
import { t } from "../core/i18n";
import { counties, covers, me, regionName, site } from "../core/site";
import type { Option } from "../forms/field";

/** "全州" for "", else the name of the region. */
export const regionWords = (code: string): string => (code ? regionName(code) || code : t("accounts.everywhere"));

/** The prefecture's own level and its counties. */
export function siteRegions(): Option[] {
  const list = counties.value.map((county): Option => [county.adcode, regionName(county.adcode)]);
  return [[site.value.region, t("region.own")], ...list];
}

/** The regions that this person may give to others; the whole site only for those who have it. */
export function givenRegions(): Option[] {
  const own = me.value.region;
  const all: Option[] = [["", t("accounts.everywhere")], ...siteRegions()];
  return all.filter(([code]) => !own || (code !== "" && covers(own, code)));
}
