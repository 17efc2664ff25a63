// How things are called on every page: an alert's title, its place, who has it, what a warning is.
import { pick, t, tOr, language } from "./i18n.js";
import { parse, shortTime } from "./time.js";
import { warningRegions } from "./derive.js";

const REASONS = ["timeout", "refused", "unreachable", "unresolved", "closed", "tls", "wrong answer"];

export const kindName = (kind) => tOr(`kind.${kind}`, kind ?? "");
export const healthName = (state) => t(`health.${state}`);
export const severityName = (severity) => tOr(`severity.${severity}`, severity ?? "");

/** What the alert is about: the own name of the asset, source, warning or region; of any other kind its id. */
export function subjectName(alert, app) {
  if (alert.subject_kind === "asset") return app.store.asset.get(alert.asset)?.name ?? alert.asset;
  if (alert.subject_kind === "warning") {
    const warning = app.store.warning.get(alert.asset);
    return warning ? warningTitle(warning, app) : pick(alert.title) || alert.asset;
  }
  if (alert.subject_kind === "region") return app.regionName(alert.asset);
  return alert.subject_kind === "source" ? sourceName(alert.asset) : alert.asset;
}

export const sourceName = (id) => tOr(`source.${id}`, id);

/** Which part of the asset is meant: an interface, a condition. Two alerts of one rule differ by nothing else. */
const partOf = (alert) => String(alert.labels?.part ?? alert.labels?.condition ?? "").slice(0, 40);

/** {name, words}: what it is about, and what the rule says of it ("" when that names the subject already). */
export function alertHead(alert, app) {
  const [said, name] = [pick(alert.title), subjectName(alert, app)];
  const part = partOf(alert);
  const words = part && !said.includes(part) ? `${said} ${part}`.trim() : said;
  if (alert.subject_kind === "warning" && app.store.warning.has(alert.asset)) return { name, words: "" };
  return !words || words.includes(name) ? { name: words || name, words: "" } : { name, words };
}

/** "武定县汇聚节点 节点不通", in one line. */
export function alertTitle(alert, app) {
  const { name, words } = alertHead(alert, app);
  return words ? `${name} ${words}` : name;
}

/** The present value in one word: 中断, 橙色, 无数据, 已恢复. */
export function alertValue(alert, app) {
  if (!alert.active) return t(alert.removed ? "alert.removed" : "alert.cleared");
  if (alert.subject_kind === "source") return t("alert.silent");
  if (alert.subject_kind === "warning") {
    const warning = app.store.warning.get(alert.asset);
    return warning?.colour ? t(`colour.${warning.colour}`) : severityName(alert.severity);
  }
  const asset = app.store.asset.get(alert.asset);
  if (!asset) return severityName(alert.severity);
  return asset.health === "ok" ? severityName(alert.severity) : healthName(asset.health);
}

/** Who has it and until when: {text, open}; `open` is true while nobody has it. */
export function alertHolder(alert) {
  if (!alert.ack) return { text: t("alert.unacked"), open: true };
  const name = alert.ack.by || t("alert.acked");
  const restoration = parse(alert.ack.estimated_restoration);
  const until = parse(alert.ack.until);
  if (restoration !== null) return { text: t("alert.expected", { name, at: shortTime(restoration) }), open: false };
  if (until !== null) return { text: t("alert.until", { name, at: shortTime(until) }), open: false };
  return { text: name, open: false };
}

/** How many things hang below it, in words, or "". */
export function alertReach(alert) {
  if (!alert.active) return "";
  const n = Object.values(alert.affected ?? {}).reduce((sum, count) => sum + count, 0);
  return n ? t("alert.reach", { n }) : "";
}

/** What lies behind an alert, counted by kind: "交换机 4 · 单位 2", or "". */
export function affectedText(alert) {
  const counts = Object.entries(alert.affected ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return counts.map(([kind, n]) => `${kindName(kind)} ${n}`).join(" · ");
}

/** "橙色 暴雨 双柏县": the issuer's words where there are any, in the page's language only when they are ours. */
export function warningTitle(warning, app) {
  const colour = warning.colour ? t(`colour.short.${warning.colour}`) : "";
  const event = tOr(`event.${warning.event}`, warning.event || warning.headline || warning.identifier);
  return [colour, event, warningPlace(warning, app)].filter(Boolean).join(" ");
}

export function warningPlace(warning, app) {
  const names = warningRegions(warning).map((code) => app.regionName(code)).filter(Boolean);
  const joint = language() === "en" ? ", " : "、";
  if (names.length > 3) return t("warning.places", { name: names[0], n: names.length });
  return names.join(joint) || (warning.areas ?? []).map((area) => area.text).filter(Boolean).slice(0, 2).join(joint);
}

/** Why a probe failed: the collectors' own words where the catalogue has them, else as they came. */
export function reasonText(text) {
  if (!text) return "";
  const known = REASONS.find((reason) => text === reason || text.startsWith(`${reason} `) || text.startsWith(`${reason}:`));
  return known ? t(`reason.${known.replace(" ", "_")}`) + text.slice(known.length) : text;
}

/** What went wrong with a source: a reason word with detail, or a sentence in both languages ("中文 | English"). */
export function errorText(text) {
  const [zh, en] = (text ?? "").split(" | ");
  return en === undefined ? reasonText(zh) : language() === "en" ? en : zh;
}

/** A reading as people say it: number, unit; booleans as answers. */
export function readingText(reading) {
  const { value, unit } = reading;
  if (value === null || value === undefined) return "—";
  if (value === true) return t("reading.true");
  if (value === false) return t("reading.false");
  const number = typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4).replace(/\.?0+$/, "") : value;
  return unit ? `${number} ${unit}` : String(number);
}

/** The name of a reading: "icmp.rtt_ms" → 往返时延; what stands in brackets (an interface, a unit) stays. */
export function metricName(key) {
  const at = key.indexOf("[");
  const bare = at < 0 ? key : key.slice(0, at);
  const name = tOr(`metric.${bare}`, bare);
  return at < 0 ? name : `${name} ${key.slice(at)}`;
}

/** Why an asset is not well, in few words: the failed probe's own answer, else the state. */
export function failure(asset, state) {
  if (state === "under") return healthName(state);
  const failed = Object.entries(asset.readings ?? {}).find(([key, reading]) => /\.up(\[|$)/.test(key) && reading.value === false);
  if (failed) return reasonText(failed[1].text) || t("detail.noanswer", { metric: metricName(failed[0]) });
  return healthName(state);
}

/** The first time that a healthy asset's probes took, as people read it: "0.8 ms". */
export function latency(asset) {
  const keys = Object.keys(asset.readings ?? {}).filter((key) => /(_|\.)ms(\[|$)/.test(key)).sort();
  const reading = asset.readings?.[keys[0]];
  return typeof reading?.value === "number" ? readingText({ ...reading, unit: reading.unit || "ms" }) : "";
}
