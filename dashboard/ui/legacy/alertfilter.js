// Which alerts the page shows: mine, my region's or all, and of those by severity, feed or kind, state and words.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { SEVERITIES, covers } from "./derive.js";
import { alertTitle, kindName, severityName, subjectName } from "./say.js";

const STATES = ["UNACK", "ACKED", "RTNUN"];
const SCOPES = ["mine", "region", "all"];
const VIDEO = new Set(["camera", "nvr", "platform"]);

/** network, video, emergency, source, or tool: where an alert comes from. */
export function feedOf(alert, app) {
  if (alert.subject_kind === "warning") return "emergency";
  if (alert.subject_kind === "source") return "source";
  if ((alert.rule ?? "").includes(":")) return "tool";
  return VIDEO.has(app.store.asset.get(alert.asset)?.kind) ? "video" : "network";
}

/** True when one of the words people know an alert by holds the text; `query` is in lower case. */
export function hasText(alert, query, app) {
  const parts = [alertTitle(alert, app), subjectName(alert, app), app.regionName(alert.region), alert.ack?.by, alert.ack?.comment, alert.asset, alert.rule, alert.text];
  return parts.join(" ").toLowerCase().includes(query);
}

export class AlertFilter {
  constructor(app, changed) {
    const query = new URLSearchParams(location.search);
    Object.assign(this, { app, changed, severity: query.get("severity") ?? "", what: query.get("what") ?? "", state: query.get("state") ?? "" });
    this.scope = SCOPES.includes(query.get("scope")) ? query.get("scope") : "all";
    this.scopes = h("div", { class: "tabs scopes", role: "tablist", "aria-label": t("filter.scope") });
    this.severities = this.select("severity", [["", t("filter.severity.any")], ...SEVERITIES.map((one) => [one, severityName(one)])]);
    this.states = this.select("state", [["", t("filter.state.any")], ...STATES.map((one) => [one, t(`isa.${one}`)])]);
    this.whats = h("select", { "data-filter": "what", "aria-label": t("filter.what"), onchange: (event) => this.set("what", event.target.value) });
    this.open = h("button", { type: "button", class: "chip filter-open", "aria-expanded": "false", onclick: () => this.unfold() }, t("filter.open"));
    this.clear = h("button", { type: "button", class: "link", "data-filter-clear": "", hidden: true, onclick: () => this.reset() }, t("filter.clear"));
    this.hidden = h("span", { class: "filter-hidden quiet", hidden: true });
    this.node = h("div", { class: "filters" }, this.scopes, this.open, h("div", { class: "filter-fields" }, this.severities, this.whats, this.states, this.clear), this.hidden);
  }

  select(name, options) {
    return h("select", { "data-filter": name, "aria-label": t(`filter.${name}`), onchange: (event) => this.set(name, event.target.value) },
      ...options.map(([value, words]) => h("option", { value, selected: this[name] === value }, words)));
  }

  set(name, value) {
    this[name] = value;
    this.changed();
  }

  reset() {
    Object.assign(this, { severity: "", what: "", state: "" });
    for (const field of [this.severities, this.whats, this.states]) field.value = "";
    this.changed();
  }

  unfold() {
    const open = this.node.classList.toggle("is-open");
    this.open.setAttribute("aria-expanded", String(open));
  }

  /** For a county's account its own county; for the prefecture's, what belongs to no county. */
  ofRegion(alert) {
    const { me, site } = this.app;
    return me.region ? covers(me.region, alert.region) : !alert.region || (alert.region ?? "").slice(0, 6) === site.region;
  }

  inScope(alert, scope = this.scope) {
    if (scope === "mine") return Boolean(alert.ack?.by) && alert.ack.by === this.app.me.name;
    return scope === "all" || this.ofRegion(alert);
  }

  takes(alert) {
    const [kind, name] = this.what.split("=");
    const { app } = this;
    return this.inScope(alert)
      && (!this.severity || alert.severity === this.severity)
      && (!this.state || alert.state === this.state)
      && (!this.what || (kind === "feed" ? feedOf(alert, app) : app.store.asset.get(alert.asset)?.kind) === name);
  }

  paint(alerts) {
    const { app } = this;
    const counts = SCOPES.map((scope) => alerts.filter((alert) => this.inScope(alert, scope)).length);
    render(this.scopes, JSON.stringify([counts, this.scope, app.me.region, language()]), () => SCOPES.map((scope, index) =>
      h("button", { type: "button", role: "tab", class: "chip", "data-scope": scope, "aria-selected": String(scope === this.scope), onclick: () => this.set("scope", scope) },
        `${scope === "region" ? app.regionName(app.me.region || app.site.region) : t(`filter.scope.${scope}`)} ${counts[index]}`)));
    const kinds = [...new Set(alerts.map((alert) => app.store.asset.get(alert.asset)?.kind).filter(Boolean))].sort();
    const option = (value, words) => h("option", { value, selected: this.what === value }, words);
    render(this.whats, JSON.stringify([kinds, language()]), () => [
      option("", t("filter.what.any")),
      h("optgroup", { label: t("filter.feeds") }, ...["network", "video", "emergency", "source", "tool"].map((feed) => option(`feed=${feed}`, t(`filter.feed.${feed}`)))),
      kinds.length ? h("optgroup", { label: t("filter.kinds") }, ...kinds.map((kind) => option(`kind=${kind}`, kindName(kind)))) : "",
    ]);
    this.clear.hidden = !this.severity && !this.what && !this.state;
    this.open.classList.toggle("is-set", !this.clear.hidden);
    // What an account may not see is counted, so that nobody takes a part for the whole.
    const n = app.store.hidden?.alert ?? 0;
    this.hidden.hidden = n === 0;
    setText(this.hidden, t("filter.hidden", { n }));
  }
}
