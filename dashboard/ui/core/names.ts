/** How things are called on every page: an alert's subject and value, its place, who has it, what a warning is. */
import type { AlertRecord, AssetRecord, ReadingRecord, WarningRecord } from "../records";
import { warningRegions } from "../alerts/summary";
import { language, pick, t, tOr } from "./i18n";
import { store } from "./picture";
import { covers, regionName, site } from "./site";
import { parse, shortTime } from "./time";

const REASONS = ["timeout", "refused", "unreachable", "unresolved", "closed", "tls", "wrong answer"];

export const kindName = (kind: string): string => tOr(`kind.${kind}`, kind);
export const healthName = (health: string): string => t(`health.${health}`);
export const severityName = (severity: string): string => tOr(`severity.${severity}`, severity);
/** A source of the product itself has the name of its kind, one of the site's settings its own. */
export const sourceName = (id: string): string => tOr(`source.${id}`, tOr(`source.kind.${id}`, id));

/** Words of one line: "中断，连接超时，武定县". Empty ones are left out. */
export function joined(words: readonly (string | null | undefined | false)[]): string {
  return words.filter(Boolean).join(language() === "en" ? ", " : "，");
}

/** What the alert is about: the own name of the asset, source, warning or region; of any other kind its id. */
export function subjectName(alert: AlertRecord): string {
  if (alert.subject_kind === "asset") return store.peek("asset").get(alert.asset)?.name ?? alert.asset;
  if (alert.subject_kind === "warning") {
    const warning = store.peek("warning").get(alert.asset);
    return warning ? warningTitle(warning) : pick(alert.title) || alert.asset;
  }
  if (alert.subject_kind === "receipt") return receiptName(alert);
  if (alert.subject_kind === "region") return regionName(alert.asset);
  return alert.subject_kind === "source" ? sourceName(alert.asset) : alert.asset;
}

/** What was reported and where: "西山公园旁林地起火，西山公园". Of a receipt that has left, what the alert says. */
function receiptName(alert: AlertRecord): string {
  const receipt = store.all("receipt").get(alert.asset);
  if (!receipt) return pick(alert.title) || alert.asset;
  const summary = receipt.summary || className(receipt.event_class);
  return joined([summary, summary.includes(receipt.place) ? "" : receipt.place]) || alert.asset;
}

/** Our word for a class of events: "森林火灾". */
export const className = (slug: string): string => (slug ? tOr(`class.${slug}`, slug) : "");

/** Which part of the asset is meant: an interface, a condition. Two alerts of one rule differ by nothing else. */
const partOf = (alert: AlertRecord): string => String(alert.labels?.part ?? alert.labels?.condition ?? "").slice(0, 40);

/** `name`: what it is about; `words`: what the rule says of it, or "" when that names the subject already. */
export function alertHead(alert: AlertRecord): { name: string; words: string } {
  const title = pick(alert.title);
  const name = subjectName(alert);
  const part = partOf(alert);
  const words = part && !title.includes(part) ? `${title} ${part}`.trim() : title;
  if (alert.subject_kind === "warning" && store.peek("warning").has(alert.asset)) return { name, words: "" };
  return !words || words.includes(name) ? { name: words || name, words: "" } : { name, words };
}

/** "武定县汇聚节点 节点不通", in one line. */
export function alertTitle(alert: AlertRecord): string {
  const { name, words } = alertHead(alert);
  return words ? `${name} ${words}` : name;
}

/** The present value in one word: 中断, 橙色, 无数据, 已恢复. */
export function alertValue(alert: AlertRecord): string {
  if (!alert.active) return t(alert.removed ? "alert.removed" : "alert.cleared");
  if (alert.subject_kind === "source") return t("alert.silent");
  if (alert.subject_kind === "warning") {
    const warning = store.peek("warning").get(alert.asset);
    return warning?.colour ? t(`colour.${warning.colour}`) : severityName(alert.severity);
  }
  const asset = store.peek("asset").get(alert.asset);
  return !asset || asset.health === "ok" ? severityName(alert.severity) : healthName(asset.health);
}

/** Who has it and until when. `open` is true while nobody has it. */
export function alertHolder(alert: AlertRecord): { text: string; open: boolean } {
  if (!alert.ack) return { text: t("alert.unacked"), open: true };
  const name = alert.ack.by || t("alert.acked");
  const restoration = parse(alert.ack.estimated_restoration);
  const until = parse(alert.ack.until);
  if (restoration !== null) return { text: t("alert.expected", { name, at: shortTime(restoration) }), open: false };
  if (until !== null) return { text: t("alert.until", { name, at: shortTime(until) }), open: false };
  return { text: name, open: false };
}

/** How many things depend on what has failed, in words, or "". */
export function alertReach(alert: AlertRecord): string {
  if (!alert.active) return "";
  const n = Object.values(alert.affected ?? {}).reduce((sum, part) => sum + part, 0);
  return n ? t("alert.reach", { n }) : "";
}

/** What depends on it, counted by kind: "交换机 4，单位 2", or "". */
export function affectedText(alert: AlertRecord): string {
  const counts = Object.entries(alert.affected ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return counts.map(([kind, n]) => `${kindName(kind)} ${n}`).join(" · ");
}

/** "橙色 暴雨 双柏县": the issuer's words where there are any, in the page's language only when they are ours. */
export function warningTitle(warning: WarningRecord): string {
  const colour = warning.colour ? t(`colour.short.${warning.colour}`) : "";
  return [colour, warningEvent(warning), warningPlace(warning)].filter(Boolean).join(" ");
}

/** "暴雨" */
export function warningEvent(warning: WarningRecord): string {
  return tOr(`event.${warning.event}`, warning.event || warning.headline || warning.identifier);
}

export function warningPlace(warning: WarningRecord): string {
  const own = (code: string): number => Number(!covers(site.value.region, code));
  const codes = [...warningRegions(warning)].sort((a, b) => own(a) - own(b));
  const names = codes.map(regionName).filter(Boolean);
  const joint = language() === "en" ? ", " : "、";
  if (names.length > 3) return t("warning.places", { name: names[0], n: names.length });
  return names.join(joint) || warning.place;
}

/** Why a probe failed: the collectors' own words where the catalogue has them, else as they came. */
export function reasonText(text: string | null | undefined): string {
  if (!text) return "";
  const known = REASONS.find((word) => text === word || text.startsWith(`${word} `) || text.startsWith(`${word}:`));
  return known ? t(`reason.${known.replace(" ", "_")}`) + text.slice(known.length) : text;
}

/** What went wrong with a source: a reason word with detail, or a sentence in both languages ("中文 | English"). */
export function errorText(text: string | null | undefined): string {
  const [chinese, english] = (text ?? "").split(" | ");
  return english === undefined ? reasonText(chinese) : language() === "en" ? english : (chinese ?? "");
}

/** A reading as people say it: number and unit; booleans as answers. */
export function readingText(reading: Pick<ReadingRecord, "value" | "unit">): string {
  const { value, unit } = reading;
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return t(`reading.${value}`);
  const fraction = typeof value === "number" && !Number.isInteger(value);
  // Four digits, and of thousands the hundredths as well: a river stands at 1773.15 m.
  const digits = fraction ? Math.abs(value) < 1000 ? value.toPrecision(4) : value.toFixed(2) : String(value);
  const text = fraction ? digits.replace(/\.?0+$/, "") : digits;
  return unit ? `${text} ${unit}` : text;
}

/** The name of a reading: "icmp.rtt_ms" is 往返时延; what stands in brackets (an interface, a unit) stays. */
export function metricName(key: string): string {
  const at = key.indexOf("[");
  const bare = at < 0 ? key : key.slice(0, at);
  const name = tOr(`metric.${bare}`, bare);
  return at < 0 ? name : `${name} ${key.slice(at)}`;
}

/** Why an asset is not well, in few words: the failed probe's own answer, else the state. */
export function failure(asset: AssetRecord, state: string): string {
  if (state === "under") return healthName(state);
  const readings = Object.entries(asset.readings ?? {});
  const failed = readings.find(([key, reading]) => /\.up(\[|$)/.test(key) && reading.value === false);
  if (!failed) return healthName(state);
  return reasonText(failed[1].text) || t("detail.noanswer", { metric: metricName(failed[0]) });
}

/** The first time that a healthy asset's probes took: "0.8 ms". */
export function latency(asset: AssetRecord): string {
  const [key] = Object.keys(asset.readings ?? {}).filter((name) => /(_|\.)ms(\[|$)/.test(name)).sort();
  const reading = key ? asset.readings[key] : undefined;
  return typeof reading?.value === "number" ? readingText({ ...reading, unit: reading.unit || "ms" }) : "";
}
