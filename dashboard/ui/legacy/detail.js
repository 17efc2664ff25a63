// The detail beside the list: what, where, since when, what hangs below, what happened, what to do.
import { h, render, setText } from "./dom.js";
import { t, tOr, language } from "./i18n.js";
import { get, Refused } from "./api.js";
import { parse, running, serverNow, stamp } from "./time.js";
import { alertIcon, healthIcon } from "./shapes.js";
import { affectedText, alertHead, alertHolder, alertReach, alertValue, healthName, kindName, readingText, reasonText, severityName, warningPlace } from "./say.js";
import { AckForm } from "./ack.js";
import { paintLife } from "./life.js";
import { Suppress } from "./suppress.js";

export function detail(node, app) {
  const view = new Detail(node, app);
  return { dispose: () => view.dispose() };
}

class Detail {
  constructor(node, app) {
    Object.assign(this, { node, app, shown: "", history: null });
    this.head = h("header", { class: "detail-head" });
    this.action = h("div", { class: "detail-action" });
    this.tree = h("section", { class: "detail-tree" });
    this.past = h("section", { class: "detail-history" });
    const close = h("button", { type: "button", class: "detail-close", "data-detail-close": "", "aria-label": t("key.close"), onclick: () => app.context.set(null, null, null) }, "×");
    node.append(close, this.head, this.action, this.tree, this.past);
    this.stops = [
      app.hiders.listen(() => this.suppress?.paint()),
      app.store.listen((changed) => (changed.reset || changed.alert.size || changed.asset.size || changed.warning.size) && this.paint()),
      app.context.listen(() => this.paint()),
    ];
    this.paint();
  }

  dispose() {
    this.request?.abort();
    for (const stop of this.stops) stop();
  }

  paint() {
    const { context, store } = this.app;
    const key = `${context.alert}|${context.asset}|${context.place?.join()}|${language()}`;
    if (key !== this.shown) {
      this.shown = key;
      this.form = this.suppress = null;
      this.history = null;
      this.last = null;
      this.node.classList.toggle("is-empty", !context.alert && !context.asset && !context.place);
      for (const part of [this.head, this.action, this.tree, this.past]) part.wfSignature = undefined;
      this.node.scrollTop = 0;
    }
    const alert = store.alert.get(context.alert) ?? (context.alert ? this.last : null);
    if (alert) this.paintAlert(alert, !store.alert.has(alert.id));
    else if (context.alert) this.fetchClosed(context.alert);
    else if (context.asset && store.asset.has(context.asset)) this.paintAsset(store.asset.get(context.asset));
    else if (context.place) this.paintPlace(context.place);
    else this.paintNothing();
  }

  /** One that is over is in no picture: it comes from the journal. */
  async fetchClosed(id) {
    if (this.fetching === id) return;
    this.fetching = id;
    render(this.head, `fetch ${id}`, () => h("p", { class: "quiet" }, t("detail.fetching")));
    for (const part of [this.action, this.tree, this.past]) render(part, "", () => "");
    const record = await get(`/api/v1/alerts/${encodeURIComponent(id)}`).catch((error) => {
      if (!(error instanceof Refused)) throw error;
      return null;
    });
    this.fetching = null;
    if (this.app.context.alert !== id) return;
    if (record) this.last = record;
    else render(this.head, `gone ${id}`, () => h("p", { class: "quiet" }, t("detail.gone")));
    if (record) this.paint();
  }

  paintNothing() {
    render(this.head, `none ${language()}`, () => h("p", { class: "quiet" }, t("detail.none")));
    for (const part of [this.action, this.tree, this.past]) render(part, "", () => "");
  }

  paintAlert(alert, closed) {
    const { app } = this;
    this.last = alert;
    const subject = alert.subject_kind === "asset" ? app.store.asset.get(alert.asset) : null;
    const reach = alertReach(alert);
    const signature = JSON.stringify([alert.rev, alert.active, alert.ack, alert.severity, alertValue(alert, app), reach, closed, alert.state, subject?.health]);
    render(this.head, signature, () => this.alertHead(alert, subject, reach, closed));
    this.paintAction(alert, closed);
    if (subject) this.paintTree(subject);
    else if (alert.subject_kind === "warning") this.paintWarning(app.store.warning.get(alert.asset));
    else render(this.tree, "", () => "");
    if (this.history !== `${alert.id} ${alert.rev} ${closed}`) this.load(alert, closed);
  }

  alertHead(alert, subject, reach, closed) {
    const since = parse(alert.raised_at);
    const time = h("time", {});
    if (closed) setText(time, t("alert.closed"));
    else running(time, since);
    const facts = [this.app.regionName(alert.region), subject ? kindName(subject.kind) : tOr(`record.${alert.subject_kind}`, alert.subject_kind), reach, subject?.owner ? t("detail.owner", { name: subject.owner }) : ""];
    const { name, words } = alertHead(alert, this.app);
    const value = alert.active && words ? words : alertValue(alert, this.app);
    const probes = (subject?.probes ?? []).map((uri) => uri.split("?")[0]);
    return [
      h("p", { class: "kicker" }, `${severityName(alert.severity)} · ${tOr(`isa.${alert.state}`, alert.state ?? "")} · ${alert.rule}`),
      h("h1", { class: `sev-${alert.severity}${alert.active ? "" : " is-over"}` }, alertIcon(alert), h("span", {}, name), name.includes(value) ? "" : h("em", {}, value), time),
      h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
      since === null ? "" : h("p", { class: "quiet" }, t("detail.since", { at: stamp(since) })),
      affectedText(alert) ? h("p", {}, t("alert.affected", { list: affectedText(alert) })) : "",
      probes.length ? h("p", { class: "quiet mono" }, probes.slice(0, 3).join("  ")) : "",
      alert.text ? h("p", { class: "quiet mono" }, alert.text) : "",
      subject ? h("p", {}, h("a", { href: `/assets/${encodeURIComponent(subject.id)}`, "data-inside": "" }, t("detail.asset"))) : "",
    ];
  }

  paintAction(alert, closed) {
    const may = this.app.mayAct(alert.region);
    const mode = closed ? "closed" : !may ? "none" : "form";
    if (mode === "form") {
      if (!this.form) {
        this.form = new AckForm(this.app, alert);
        this.suppress = new Suppress(this.app, alert);
        this.holder = h("p", { class: "holder" });
        this.action.wfSignature = "form";
        this.action.replaceChildren(this.holder, this.form.node, this.suppress.node);
      }
      this.form.update(alert);
      this.suppress.update(alert);
      const who = alertHolder(alert);
      setText(this.holder, alert.ack ? t("detail.holder", { who: who.text, comment: alert.ack.comment || "—" }) : t("detail.nobody"));
      this.holder.classList.toggle("is-open", who.open);
      return;
    }
    this.form = this.suppress = null;
    const who = alertHolder(alert);
    const why = closed ? t("detail.closed") : t(this.app.me.role === "viewer" || this.app.me.role === "leader" || this.app.me.role === "auditor" ? "ack.norole" : "ack.noregion");
    render(this.action, `${mode} ${who.text} ${language()}`, () => [h("p", { class: `holder${who.open ? " is-open" : ""}` }, who.text), h("p", { class: "quiet" }, why)]);
  }

  paintTree(asset) {
    const { topology, store } = this.app;
    const way = topology.path(asset.id);
    const children = (topology.children.get(asset.id) ?? []).map((id) => [id, topology.state(id)]);
    children.sort((a, b) => Number(a[1] === "ok") - Number(b[1] === "ok"));
    const first = children.slice(0, 6);
    const rest = children.length - first.length;
    const signature = JSON.stringify([way.map((id) => topology.state(id)), asset.id, topology.state(asset.id), asset.since, children, Object.keys(asset.readings ?? {}).length]);
    render(this.tree, signature, () => [
      h("h2", {}, t("detail.topology")),
      h("ol", { class: "tree" },
        ...way.map((id) => this.treeRow(store.asset.get(id), topology.state(id), "up")),
        this.treeRow(asset, topology.state(asset.id), "self"),
        ...first.map(([id, state]) => this.treeRow(store.asset.get(id), state, "down")),
        rest > 0 ? h("li", { class: "tree-row at-down quiet" }, t("detail.more", { n: rest, bad: children.slice(6).filter(([, state]) => state !== "ok").length })) : ""),
    ]);
  }

  treeRow(asset, state, place) {
    if (!asset) return "";
    const note = place === "self" ? this.lastAnswer(asset) : state === "ok" ? "" : healthName(state);
    return h("li", { class: `tree-row at-${place} is-${state}` }, healthIcon(state),
      h("a", { href: `/assets/${encodeURIComponent(asset.id)}`, "data-inside": "" }, asset.name), h("small", {}, note));
  }

  lastAnswer(asset) {
    const failed = Object.entries(asset.readings ?? {}).find(([key, reading]) => key.includes(".up") && reading.value === false);
    if (failed) return reasonText(failed[1].text) || t("detail.noanswer", { metric: tOr(`metric.${failed[0].replace(/\[.*/, "")}`, failed[0]) });
    return healthName(this.app.topology.state(asset.id));
  }

  paintWarning(warning) {
    render(this.tree, warning ? JSON.stringify([warning.id, warning.state]) : "", () => warning ? [
      h("h2", {}, t("detail.warning")),
      h("p", {}, warning.headline || warning.event), h("p", { class: "quiet" }, [warning.sender_name, warningPlace(warning, this.app)].filter(Boolean).join(" · ")),
      warning.description ? h("p", {}, warning.description) : "", warning.instruction ? h("p", { class: "instruction" }, warning.instruction) : "",
    ] : "");
  }

  async load(alert, closed) {
    this.history = `${alert.id} ${alert.rev} ${closed}`;
    const asked = this.history;
    this.request?.abort();
    this.request = new AbortController();
    try {
      const record = await get(`/api/v1/alerts/${encodeURIComponent(alert.id)}`, this.request.signal);
      if (asked === this.history) paintLife(this.past, record, this.app);
    } catch (error) {
      if (asked === this.history && error instanceof Refused && error.status) render(this.past, `error ${error.status}`, () => h("p", { class: "quiet" }, t("detail.nohistory")));
    }
  }

  paintAsset(asset) {
    const state = this.app.topology.state(asset.id);
    const time = h("time", {});
    render(this.head, JSON.stringify([asset.id, state, asset.since]), () => {
      running(time, parse(asset.since));
      return [
        h("p", { class: "kicker" }, `${kindName(asset.kind)} · ${this.app.regionName(asset.region)}`),
        h("h1", { class: `is-${state}` }, healthIcon(state), h("span", {}, asset.name), " ", h("em", {}, healthName(state)), " ", time),
        asset.owner ? h("p", { class: "quiet" }, t("detail.owner", { name: asset.owner })) : "",
        h("p", {}, h("a", { href: `/assets/${encodeURIComponent(asset.id)}`, "data-inside": "" }, t("detail.asset"))),
      ];
    });
    render(this.action, JSON.stringify(asset.readings ?? {}), () => readings(asset));
    this.paintTree(asset);
    render(this.past, `noalert ${language()}`, () => h("p", { class: "quiet" }, t("detail.noalert")));
  }

  paintPlace(ids) {
    const { store, topology } = this.app;
    const rows = ids.filter((id) => store.asset.has(id)).map((id) => [store.asset.get(id), topology.state(id)]);
    rows.sort((a, b) => Number(a[1] === "ok") - Number(b[1] === "ok"));
    render(this.head, `place ${ids.length} ${language()}`, () => h("h1", {}, t("detail.place", { n: ids.length })));
    render(this.action, "", () => "");
    render(this.tree, JSON.stringify(rows.map(([asset, state]) => [asset.id, state])), () =>
      h("ol", { class: "tree" }, ...rows.map(([asset, state]) => this.treeRow(asset, state, "self"))));
    render(this.past, "", () => "");
  }
}

/** The last answers of an asset, each with its age. */
export function readings(asset) {
  const rows = Object.entries(asset.readings ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return h("table", { class: "readings" }, ...rows.map(([key, reading]) => {
    const age = h("time", {});
    running(age, parse(reading.observed_at), "ago");
    const late = parse(reading.fresh_until) !== null && parse(reading.fresh_until) < serverNow();
    const bad = reading.value === false || reading.quality === "bad";
    return h("tr", { class: late ? "is-old" : bad ? "is-bad" : "" },
      h("th", { scope: "row" }, tOr(`metric.${key.replace(/\[.*/, "")}`, key)), h("td", {}, readingText(reading)), h("td", { class: "quiet" }, reasonText(reading.text)), h("td", { class: "quiet" }, age));
  }));
}
