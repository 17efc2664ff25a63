// A new silence or maintenance window, once or again and again, with what it would cover before it is sent.
import { h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { send } from "./api.js";
import { parseClock, shortTime } from "./time.js";
import { SEVERITIES, covers } from "./derive.js";
import { kindName, severityName } from "./say.js";
import { Message, carry, choices, dialog, field, select } from "./forms.js";
import { assetPicker } from "./picker.js";

const iso = (ms) => new Date(ms).toISOString();

/** Opens the form; `kind` is silence or maintenance, `done()` comes after the journal has it. */
export function suppressDialog(app, kind, done) {
  return dialog(t(`hide.new.${kind}`), (close) => new SuppressForm(app, kind, () => {
    close();
    app.hiders.ask();
    done();
  }).node, "is-wide");
}

class SuppressForm {
  constructor(app, kind, done) {
    Object.assign(this, { app, kind, done });
    this.picker = assetPicker(app, () => this.preview());
    const own = app.me.region;
    const regions = [["", own ? app.regionName(own) : t("hide.anywhere")], ...app.counties.filter((one) => covers(own, one.adcode)).map((one) => [one.adcode, app.regionName(one.adcode)])];
    this.region = select("region", regions);
    const known = [...new Set([...app.store.asset.values()].map((asset) => asset.kind))].sort();
    this.kinds = choices(known.map((one) => [one, kindName(one)]));
    this.severities = choices(SEVERITIES.map((one) => [one, severityName(one)]));
    this.rule = h("input", { name: "rule", maxlength: "200", placeholder: "node-down" });
    this.comment = h("textarea", { name: "comment", rows: "2", maxlength: "2000", required: true, placeholder: t(`suppress.${kind === "silence" ? "silence" : "maintain"}.hint`) });
    this.starts = h("input", { name: "starts", maxlength: "16", placeholder: t("hide.now") });
    this.until = h("input", { name: "until", maxlength: "16", placeholder: "16:00", required: true });
    this.covered = h("p", { class: "quiet", role: "status", "data-covered": "" });
    this.message = new Message();
    this.button = h("button", { type: "submit", class: "primary", "data-send": "" }, t(`suppress.${kind === "silence" ? "silence" : "maintain"}.send`));
    this.node = h("form", { class: "form", novalidate: true, onsubmit: (event) => this.submit(event), onchange: () => this.preview() },
      h("p", { class: "quiet" }, t(`hide.what.${kind}`)),
      h("div", { class: "form-field" }, h("span", {}, t("hide.field.assets")), this.picker.node), h("div", { class: "form-row" }, field(t("hide.field.region"), this.region), kind === "silence" ? field(t("hide.field.rule"), this.rule) : ""),
      h("div", { class: "form-field" }, h("span", {}, t("hide.field.kinds")), this.kinds.node), kind === "silence" ? h("div", { class: "form-field" }, h("span", {}, t("hide.field.severities")), this.severities.node) : "",
      field(t("suppress.reason"), this.comment), h("div", { class: "form-row" }, field(t("hide.field.starts"), this.starts), field(t("hide.field.until"), this.until, t("hide.field.until.note"))),
      kind === "maintenance" ? this.recurrence() : "", this.covered, h("div", { class: "actions" }, this.button), this.message.node);
    this.preview();
  }

  /** Once, each day or on days of the week, from a time for so many minutes: in the site's own time. */
  recurrence() {
    this.days = choices([1, 2, 3, 4, 5, 6, 7].map((day) => [String(day), t(`weekday.${day}`)]));
    this.from = h("input", { name: "from", placeholder: "22:00", maxlength: "5" });
    this.minutes = h("input", { name: "minutes", type: "number", min: "1", max: "10080", value: "120" });
    const more = h("div", { class: "form-recurrence", hidden: true }, h("div", { class: "form-field" }, h("span", {}, t("hide.field.days")), this.days.node, h("small", {}, t("hide.field.days.note"))),
      h("div", { class: "form-row" }, field(t("hide.field.from"), this.from), field(t("hide.field.minutes"), this.minutes)));
    this.again = h("input", { type: "checkbox", name: "again", onchange: (event) => (more.hidden = !event.target.checked) });
    return h("div", {}, h("label", { class: "inline" }, this.again, t("hide.field.again")), more);
  }

  match() {
    const match = { assets: this.picker.chosen(), region: this.region.value, kinds: this.kinds.chosen() };
    return this.kind === "silence" ? { ...match, rule: this.rule.value.trim(), severities: this.severities.chosen() } : match;
  }

  takes(asset, match) {
    const own = match.region || (match.assets.length ? "" : this.app.me.region);
    return (!match.assets.length || match.assets.includes(asset.id)) && covers(own, asset.region) && (!match.kinds.length || match.kinds.includes(asset.kind));
  }

  /** How many assets it would cover, and how many open alerts it would hide now. */
  preview() {
    const { store } = this.app;
    const match = this.match();
    const assets = [...store.asset.values()].filter((asset) => this.takes(asset, match));
    const ids = new Set(assets.map((asset) => asset.id));
    const fits = (alert) => (alert.subject_kind === "asset" ? ids.has(alert.asset) : !match.kinds.length && !match.assets.length && covers(match.region, alert.region))
      && (!match.rule || alert.rule === match.rule) && (!match.severities?.length || match.severities.includes(alert.severity));
    setText(this.covered, t("hide.covered", { assets: assets.length, alerts: [...store.alert.values()].filter(fits).length }));
  }

  async submit(event) {
    event.preventDefault();
    const wish = { match: this.match(), comment: this.comment.value.trim() };
    try {
      const until = parseClock(this.until.value);
      const starts = parseClock(this.starts.value);
      if (!wish.comment || until === null) {
        this.message.say("error", t("suppress.needs"));
        return;
      }
      wish.until = iso(until);
      if (starts !== null) wish.starts = iso(starts);
    } catch (error) {
      this.message.say("error", t("ack.badtime", { value: error.message }));
      return;
    }
    if (this.again?.checked) wish.recurrence = { start: this.from.value.trim(), minutes: Number(this.minutes.value), days: this.days.chosen().map(Number) };
    const { match } = wish;
    if (!match.assets.length && !match.region && !match.kinds.length && !match.rule && !match.severities?.length && !this.app.me.region) {
      this.message.say("error", t("hide.needs"));
      return;
    }
    const made = await carry(this.button, this.message, () => send("POST", this.kind === "silence" ? "/api/v1/silences" : "/api/v1/maintenance", wish));
    if (made) this.done(shortTime(Date.parse(wish.until)));
  }
}
