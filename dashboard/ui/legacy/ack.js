// Taking an alert: the button waits for the server's answer, and a refusal says why and what is true now.
import { h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { send, Refused } from "./api.js";
import { parseClock, parse, shortTime } from "./time.js";

const iso = (ms) => (ms === null ? undefined : new Date(ms).toISOString());

/** A screen for one hand: what is seldom needed is folded, and times are picked instead of typed. */
const small = () => matchMedia("(max-width: 760px)").matches;

/** Where a time is written: 15:30, +30 or 11-25 08:00; on a phone it is picked. */
export function clockInput(attributes, hint = "15:30") {
  return h("input", { type: small() ? "time" : "text", maxlength: "11", placeholder: hint, ...attributes });
}

/** A time with its quick choices in minutes; `changed()` after one was pressed. */
export function timeField(key, input, changed, choices) {
  const press = (minutes) => {
    // "+30" is no time of day: a picker cannot hold it.
    input.type = "text";
    input.value = `+${minutes}`;
    mark();
    changed();
  };
  const pick = h("button", { type: "button", tabindex: "-1", class: "quick-pick", onclick: () => {
    if (small()) {
      input.type = "time";
      input.value = "";
      input.showPicker?.();
    }
    input.focus();
    mark();
  } }, t("ack.pick"));
  const buttons = choices.map((minutes) => h("button", { type: "button", tabindex: "-1", "data-minutes": minutes, "aria-pressed": "false", onclick: () => press(minutes) }, t(`ack.plus.${minutes}`)));
  const mark = () => buttons.forEach((button) => button.setAttribute("aria-pressed", String(input.value === `+${button.dataset.minutes}`)));
  input.addEventListener("input", mark);
  return h("div", { class: "field" }, h("label", {}, h("span", {}, t(key)), input), h("span", { class: "quick" }, ...buttons, pick));
}

/** The form for one alert; `done(record)` after the journal has it. `update(alert)` follows the live feed. */
export class AckForm {
  constructor(app, alert) {
    this.app = app;
    this.alert = alert;
    this.rev = alert.rev;
    this.comment = h("textarea", { rows: "2", maxlength: "500", "data-ack-comment": "", placeholder: t("ack.comment.hint"), "aria-label": t("ack.comment") });
    this.restoration = clockInput({ "data-ack-restoration": "" });
    this.until = clockInput({ "data-ack-until": "" }, "16:00");
    this.message = h("p", { class: "ack-message", role: "status", hidden: true });
    this.button = h("button", { type: "submit", class: "primary", "data-ack": "" }, t("ack.button"));
    this.back = h("button", { type: "button", class: "chip", "data-unack": "", hidden: true, onclick: () => this.unack() }, t("ack.undo"));
    const follow = () => (app.context.dirty = this.isDirty());
    const until = h("details", { class: "ack-until", open: !small() }, h("summary", {}, t("ack.until")), timeField("ack.until", this.until, follow, [30, 60, 240]));
    this.node = h("form", { class: "ack", novalidate: true, onsubmit: (event) => this.submit(event) },
      this.comment, timeField("ack.restoration", this.restoration, follow, [15, 30, 60, 120]), until, h("div", { class: "actions" }, this.button, this.back), this.message);
    this.node.addEventListener("input", () => (app.context.dirty = this.isDirty()));
    this.comment.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.node.requestSubmit());
  }

  isDirty() {
    return Boolean(this.comment.value || this.restoration.value || this.until.value);
  }

  update(alert) {
    this.back.hidden = !alert.ack;
    if (this.button.disabled) return;
    // A form that nobody has begun follows the alert; one begun keeps the rev that its author saw.
    if (!this.isDirty()) this.rev = alert.rev;
    this.alert = alert;
  }

  say(kind, text) {
    this.message.hidden = !text;
    this.message.className = `ack-message is-${kind}`;
    setText(this.message, text);
  }

  async submit(event) {
    event.preventDefault();
    if (this.button.disabled) return;
    let body;
    try {
      body = { comment: this.comment.value.trim(), until: iso(parseClock(this.until.value)), estimated_restoration: iso(parseClock(this.restoration.value)), rev: this.rev };
    } catch (error) {
      this.say("error", t("ack.badtime", { value: error.message }));
      return;
    }
    this.button.disabled = true;
    setText(this.button, t("ack.pending"));
    this.say("", "");
    try {
      const record = await send("POST", `/api/v1/alerts/${encodeURIComponent(this.alert.id)}/ack`, body);
      this.app.context.dirty = false;
      for (const field of [this.comment, this.restoration, this.until]) {
        field.value = "";
        field.dispatchEvent(new Event("input"));
      }
      this.rev = record.rev ?? this.rev;
      this.say("done", t("ack.done", { rev: record.rev ?? "" }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refuse(error);
    } finally {
      this.button.disabled = false;
      setText(this.button, t("ack.button"));
    }
  }

  /** Takes the acknowledgement back: the alert waits for somebody again, and escalates again. */
  async unack() {
    if (this.back.disabled) return;
    this.back.disabled = true;
    try {
      const record = await send("POST", `/api/v1/alerts/${encodeURIComponent(this.alert.id)}/unack`, { comment: this.comment.value.trim(), rev: this.alert.rev });
      this.rev = record.rev ?? this.rev;
      this.say("done", t("ack.undone"));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refuse(error);
    } finally {
      this.back.disabled = false;
    }
  }

  refuse(error) {
    const known = { 0: "ack.error.lost", 401: "ack.error.signedout", 403: "ack.error.forbidden", 404: "ack.error.gone", 409: "ack.error.changed", 429: "ack.error.busy", 503: "ack.error.busy", 504: "ack.error.unanswered" };
    const alert = this.app.store.alert.get(this.alert.id);
    const parts = [t(known[error.status] ?? "ack.error.other", { status: error.status })];
    if (error.status === 409) {
      parts.push(this.stateNow(alert));
      if (alert) {
        this.rev = alert.rev;
        this.alert = alert;
      }
    } else if (error.message && !known[error.status]) parts.push(error.message);
    this.say("error", parts.filter(Boolean).join(" "));
  }

  stateNow(alert) {
    if (!alert) return t("ack.now.closed");
    if (!alert.ack) return t(alert.active ? "ack.now.open" : alert.removed ? "ack.now.removed" : "ack.now.cleared");
    const at = parse(alert.ack.at);
    return t("ack.now.acked", { by: alert.ack.by, at: at === null ? "" : shortTime(at), comment: alert.ack.comment || "—" });
  }
}
