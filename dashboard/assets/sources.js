// Every source: does it speak, how late is it, what does it watch, what could not be read.
import { h, reconcile, render, setText } from "./dom.js";
import { t, tOr } from "./i18n.js";
import { parse, running } from "./time.js";
import { isRole, sourceState } from "./derive.js";
import { icon } from "./shapes.js";
import { sourceName } from "./say.js";
import { live } from "./feeds.js";

const ORDER = ["silent", "failing", "ok"];
const SHAPE = { silent: "ring-dashed", failing: "triangle", ok: "dot" };
const CLASS = { silent: "unknown", failing: "degraded", ok: "ok" };

export function sourceTable(node, app) {
  const heads = ["name", "kind", "state", "last", "every", "lag", "targets", "dead", "error"];
  const title = h("h1", {});
  const body = h("tbody", {});
  const empty = h("p", { class: "rows-empty", hidden: true }, t("sources.empty"));
  node.append(h("header", { class: "page-head" }, title),
    h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, t(`sources.${name}`))))), body)), empty);
  const paint = () => {
    const rows = [...app.store.source.values()];
    rows.sort((a, b) => Number(isRole(a)) - Number(isRole(b)) || ORDER.indexOf(sourceState(a)) - ORDER.indexOf(sourceState(b)) || (a.id < b.id ? -1 : 1));
    const data = rows.filter((source) => !isRole(source));
    const bad = data.filter((source) => sourceState(source) !== "ok").length;
    setText(title, t("sources.title", { ok: data.length - bad, all: data.length }));
    empty.hidden = rows.length > 0;
    reconcile(body, rows, (source) => source.id, () => h("tr", {}, ...heads.map(() => h("td", {}))), (row, source) => paintRow(row, source, app));
  };
  return { dispose: live(app, ["source"], paint) };
}

function paintRow(row, source, app) {
  const state = sourceState(source);
  row.className = `source is-${CLASS[state]}`;
  row.dataset.id = source.id;
  const [name, kind, word, last, every, lag, targets, dead, error] = row.children;
  setText(name, sourceName(source.id));
  name.title = source.id;
  setText(kind, tOr(`source.kind.${source.kind}`, source.kind) + (source.region && source.region !== app.site.region ? ` · ${app.regionName(source.region)}` : ""));
  const since = parse(source.silent_since ?? source.failing_since);
  const length = h("time", {});
  render(word, `${state} ${since}`, () => {
    if (since !== null) running(length, since, "span");
    return [icon(SHAPE[state], `is-${CLASS[state]}`), " ", t(`source.state.${state}`), " ", since === null ? "" : length];
  });
  running(last, parse(source.at), "ago");
  if (parse(source.at) === null) setText(last, "—");
  setText(every, source.every ? t("time.s", { n: Math.round(source.every) }) : "—");
  setText(lag, t("time.s", { n: (source.lag ?? 0).toFixed(1) }));
  setText(targets, source.targets ? (source.failing ? t("sources.failing", { n: source.failing, all: source.targets }) : String(source.targets)) : "—");
  setText(dead, source.dead_letters ? String(source.dead_letters) : "0");
  dead.classList.toggle("is-bad", source.dead_letters > 0);
  setText(error, source.error || "");
}
