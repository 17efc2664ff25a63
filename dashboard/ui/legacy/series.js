// A history's answer as a chart needs it: columns of numbers, and where nothing was known. Pure.
import { covers } from "./derive.js";
import { parse, zoneShift } from "./time.js";

const MINUTE = 60000;

/** "24h" and the like, in ms, and how often the chart is asked for again. */
export const RANGES = { "1h": { length: 3600000, again: MINUTE / 4 }, "24h": { length: 86400000, again: MINUTE }, "7d": { length: 604800000, again: 5 * MINUTE }, "90d": { length: 7776000000, again: 15 * MINUTE } };

/** Epoch ms as the chart's axis shows it: the axis knows no zones, so that the site's hours are put in. */
export const axisTime = (ms) => ms + zoneShift(ms);

/** "raw", "60s", "5m", "1h" → ms (0 for points as they came). */
export function stepLength(step) {
  const match = /^(\d+)([smhd])$/.exec(step ?? "");
  return match ? Number(match[1]) * { s: 1000, m: MINUTE, h: 60 * MINUTE, d: 1440 * MINUTE }[match[2]] : 0;
}

/**
 * One series of the answer: `{at, value, min, max, gaps}`, times in ms. A null value stays null (the line breaks there),
 * `gaps` are the stretches [from, to] in which nothing was known, also before the first and after the last point.
 */
export function readSeries(series, start, end, step) {
  const at = (series.at ?? []).map(parse);
  const value = series.value ?? [];
  const gaps = [];
  let from = start;
  const room = Math.max(stepLength(step), (series.fresh_for || 300) * 1000);
  at.forEach((time, index) => {
    if (value[index] === null) from ??= time;
    else {
      if (from !== null && time - from > (from === start ? room : 0)) gaps.push([from, time]);
      from = null;
    }
  });
  if (from !== null && end > from) gaps.push([from, end]);
  const known = value.filter((one) => one !== null);
  return { at, value, min: series.min ?? null, max: series.max ?? null, gaps, known: known.length, unit: series.unit ?? "", metric: series.metric };
}

/** The band from the least to the most, as closed shapes: one for each stretch without a gap. */
export function band(one) {
  const x = [];
  const y = [];
  let stretch = [];
  const close = () => {
    if (stretch.length) {
      x.push(...stretch.map((i) => axisTime(one.at[i])), ...[...stretch].reverse().map((i) => axisTime(one.at[i])), null);
      y.push(...stretch.map((i) => one.max[i]), ...[...stretch].reverse().map((i) => one.min[i]), null);
    }
    stretch = [];
  };
  one.at.forEach((_, index) => (one.value[index] === null ? close() : stretch.push(index)));
  close();
  return { x, y };
}

/**
 * The limits that rules set for a metric of this asset: [{op, value, rule, severity}]. `thresholds` are what the server
 * read out of each expression; a rule that demands another kind, label or region draws no line here. A deadband gives
 * two lines, a limit of a rate none: it is no value of the chart.
 */
export function limits(rules, metric, asset) {
  const found = [];
  for (const rule of rules) {
    if (!concerns(rule.only, asset)) continue;
    for (const one of rule.thresholds ?? []) {
      if (one.metric !== metric || one.per_second_over !== null && one.per_second_over !== undefined) continue;
      found.push({ op: one.op, value: one.value, rule: rule.id, severity: rule.severity });
      if (one.clear !== null && one.clear !== undefined && one.clear !== one.value) found.push({ op: one.op.startsWith(">") ? "<" : ">", value: one.clear, rule: rule.id, severity: "", clear: true });
    }
  }
  return found;
}

function concerns(only, asset) {
  if (!only || !asset) return true;
  const labels = Object.entries(only.labels ?? {});
  return (!only.kinds?.length || only.kinds.includes(asset.kind)) && labels.every(([key, value]) => asset.labels?.[key] === value) && (!only.regions?.length || only.regions.some((region) => covers(region, asset.region)));
}

/** Alerts as stretches of the time shown: [{from, to, severity, id}]. */
export function spans(alerts, start, end) {
  return alerts
    .map((alert) => ({ id: alert.id, severity: alert.severity, alert, from: Math.max(start, parse(alert.raised_at) ?? end), to: Math.min(end, alert.active ? end : parse(alert.cleared_at) ?? end) }))
    .filter((span) => span.to > span.from);
}
