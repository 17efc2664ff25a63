// Every source: does it speak, how late is it, what does it watch, what could not be read.
import { h, reconcile, render, setText } from "./dom.js";
import { t, tOr } from "./i18n.js";
import { parse, running } from "./time.js";
import { isRole, sourceState } from "./derive.js";
import { icon } from "./shapes.js";
import { errorText, sourceName } from "./say.js";
import { live } from "./feeds.js";

const ORDER = ["silent", "failing", "ok"];
const SHAPE = { silent: "ring-dashed", failing: "triangle", ok: "dot" };
const CLASS = { silent: "unknown", failing: "degraded", ok: "ok" };

export function sourceTable(node, app) {
  const heads = ["name", "kind", "state", "last", "valid", "new", "every", "lag", "targets", "dead", "error"];
  const title = h("h1", {});
  const body = h("tbody", {});
  const empty = h("p", { class: "rows-empty", hidden: true }, t("sources.empty"));
  const roles = roleTable();
  node.append(h("header", { class: "page-head" }, title),
    h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, t(`sources.${name}`))))), body)), empty, roles.node);
  const paint = () => {
    const everything = [...app.store.source.values()];
    const rows = everything.filter((source) => !isRole(source));
    rows.sort((a, b) => ORDER.indexOf(sourceState(a)) - ORDER.indexOf(sourceState(b)) || (a.id < b.id ? -1 : 1));
    const bad = rows.filter((source) => sourceState(source) !== "ok").length;
    setText(title, t("sources.title", { ok: rows.length - bad, all: rows.length }));
    roles.paint(everything.filter(isRole));
    empty.hidden = rows.length > 0;
    reconcile(body, rows, (source) => source.id, () => h("tr", {}, ...heads.map(() => h("td", {}))), (row, source) => paintRow(row, source, app));
  };
  return { dispose: live(app, ["source"], paint) };
}

function paintRow(row, source, app) {
  const [name, kind, word, last, valid, fresh, every, lag, targets, dead, error] = row.children;
  paintHead(row, source, name, word, last);
  setText(kind, tOr(`source.kind.${source.kind}`, source.kind) + (source.region && source.region !== app.site.region ? ` · ${app.regionName(source.region)}` : ""));
  paintMoment(valid, source.valid_at);
  paintMoment(fresh, source.new_at);
  setText(every, source.every ? t("time.s", { n: Math.round(source.every) }) : "—");
  setText(lag, t("time.s", { n: (source.lag ?? 0).toFixed(1) }));
  setText(targets, source.targets ? (source.failing ? t("sources.failing", { n: source.failing, all: source.targets }) : String(source.targets)) : "—");
  setText(dead, source.dead_letters ? String(source.dead_letters) : "0");
  dead.classList.toggle("is-bad", source.dead_letters > 0);
  setText(error, errorText(source.error));
}

/** How long ago it was; a dash for sources that do not fetch. */
function paintMoment(cell, moment) {
  running(cell, parse(moment ?? null), "ago");
  if (parse(moment ?? null) === null) setText(cell, "—");
}

/** What every row begins with: its name, its state since when, its last heartbeat. */
function paintHead(row, source, name, word, last) {
  const state = sourceState(source);
  row.className = `source is-${CLASS[state]}`;
  row.dataset.id = source.id;
  setText(name, sourceName(source.id));
  name.title = source.id;
  const since = parse(source.silent_since ?? source.failing_since);
  const length = h("time", {});
  render(word, `${state} ${since}`, () => {
    if (since !== null) running(length, since, "span");
    return [icon(SHAPE[state], `is-${CLASS[state]}`), " ", t(`source.state.${state}`), " ", since === null ? "" : length];
  });
  paintMoment(last, source.at);
}

// Watchfloor's own processes, and how they feel (feeds/engine/vitals.py).
const FIGURES = [["rss_mb", "MB"], ["cpu_s", "s"], ["loop_lag_ms", "ms"], ["queue_lag_ms", "ms"], ["entries", ""], ["losses", ""], ["clock_steps", ""], ["standbys", ""]];

function roleTable() {
  const body = h("tbody", {});
  const heads = ["role", "state", "last", ...FIGURES.map(([name]) => name)];
  const node = h("section", { class: "page-head", hidden: true }, h("h2", {}, t("sources.roles")),
    h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, t(`sources.${name}`))))), body)));
  const paint = (roles) => {
    node.hidden = !roles.length;
    roles.sort((a, b) => (a.id < b.id ? -1 : 1));
    reconcile(body, roles, (source) => source.id, () => h("tr", {}, ...heads.map(() => h("td", {}))), (row, source) => {
      const [name, word, last, ...figures] = row.children;
      paintHead(row, source, name, word, last);
      FIGURES.forEach(([figure, unit], n) => {
        const value = source.stats?.[figure];
        setText(figures[n], value === undefined ? "—" : `${Math.round(value).toLocaleString("en-US")} ${unit}`.trim());
      });
    });
  };
  return { node, paint };
}
