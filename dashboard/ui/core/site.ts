/** Who looks, at which site: asked once at the start, then known to every component. */
import { signal } from "@preact/signals";
import { patiently, token } from "./api";
import { language, t, tOr } from "./i18n";

export interface Me {
  name: string;
  role: string;
  region: string;
  csrf?: string;
  demo?: boolean;
  language?: string;
  /** False for a wall that everybody sees: no names of people. */
  personal?: boolean;
  rights: string[];
  /** The units for which the account acts on tasks. */
  units?: string[];
  /** The leader on leave for whom the account acts as deputy, or "". */
  acting_for?: string;
}

export interface SiteInfo {
  name: string;
  region: string;
  timezone: string;
  language: string;
  demo?: boolean;
  exercise?: boolean;
}

export interface County {
  adcode: string;
  name: string;
  clon?: number;
  clat?: number;
  seat_lon?: number;
  seat_lat?: number;
}

export interface Feature {
  type: "Feature";
  id?: number;
  properties: Record<string, unknown>;
  geometry: { type: string; coordinates: unknown };
}
export interface FeatureCollection {
  type: "FeatureCollection";
  features: Feature[];
}

export const me = signal<Me>({ name: "", role: "viewer", region: "", rights: [] });
export const site = signal<SiteInfo>({ name: "", region: "", timezone: "Asia/Shanghai", language: "zh-CN" });
export const counties = signal<County[]>([]);

const layers = new Map<string, Promise<FeatureCollection>>();

/** A map layer, fetched once. */
export function geometry(name: string): Promise<FeatureCollection> {
  let layer = layers.get(name);
  if (!layer) {
    layer = patiently<FeatureCollection>(`/api/v1/map/${name}.geojson`);
    layer.catch(() => layers.delete(name));
    layers.set(name, layer);
  }
  return layer;
}

/** Reads who looks and at what. Throws ProblemError with 401 or 403 for who may not. */
export async function identify(): Promise<void> {
  const nobody: Me = { name: "", role: "viewer", region: "", rights: [], personal: false };
  const [who, where] = await Promise.all([
    token ? nobody : patiently<Me>("/api/v1/me"), patiently<Partial<SiteInfo>>("/api/v1/site"),
  ]);
  me.value = who;
  site.value = { ...site.value, ...where };
}

export async function loadCounties(): Promise<void> {
  const layer = await geometry("counties").catch(() => null);
  const list = (layer?.features ?? []).map((feature) => {
    return { ...feature.properties, adcode: String(feature.properties.adcode) } as County;
  });
  counties.value = list.sort((a, b) => (a.adcode < b.adcode ? -1 : 1));
}

export const mayDo = (right: string): boolean => me.value.rights.includes(right);

/** True for an order of these roles: in the own role, or in that of the leader on leave whose deputy the person is. */
export const mayOrder = (roles: readonly string[]): boolean =>
  roles.includes(me.value.role) || (Boolean(me.value.acting_for) && roles.includes("leader"));

/** True when region `region` (GB/T 2260) holds `code`: "532300" covers "532323" and all below; "" everything. */
export function covers(region: string, code: string | undefined): boolean {
  let significant = region;
  while (significant.length > 2 && significant.endsWith("00")) significant = significant.slice(0, -2);
  return (code ?? "").startsWith(significant);
}

/** True when this person may act on what lies in a region. */
export const mayAct = (region: string): boolean => mayDo("act") && covers(me.value.region, region);

/** The county of a region code, or the prefecture's own code for what belongs to no county. */
export function countyOf(region: string | undefined): string {
  const code = (region ?? "").slice(0, 6);
  return counties.value.some((county) => county.adcode === code) ? code : site.value.region;
}

/** "武定县" */
export function countyName(code: string, fallback = code): string {
  const name = counties.value.find((county) => county.adcode === code)?.name ?? fallback;
  return language() === "en" || name === code ? tOr(`region.${code}`, name) : name;
}

/** "武定", "Wud": for narrow cells. */
export function countyShort(code: string): string {
  const name = countyName(code);
  return language() === "en" ? name.slice(0, 3) : name.replace(/(彝族)?(自治)?[县市区]$/, "");
}

/** "武定县", "州本级": where something is, in words. */
export function regionName(code: string | undefined): string {
  const county = (code ?? "").slice(0, 6);
  if (!county) return "";
  return county === site.value.region ? t("region.own") : countyName(county);
}
