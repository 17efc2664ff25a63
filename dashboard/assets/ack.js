// Taking an alert: the button waits for the server's answer, and a refusal says why and what is true now.
import { h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { send, Refused } from "./api.js";
import { parseClock, parse, shortTime } from "./time.js";

const iso = (ms) => (ms === null ? undefined : new Date(ms).toISOString());

/** The form for one alert; `done(record)` after the journal has it. `update(alert)` follows the live feed. */
export class AckForm {
  constructor(app, alert) {
    this.app = app;
    this.alert = alert;
    this.rev = alert.rev;
    this.comment = h("textarea", { rows: "2", maxlength: "500", "data-ack-comment": "", placeholder: t("ack.comment.hint"), "aria-label": t("ack.comment") });
    this.restoration = h("input", { type: "text", inputmode: "numeric", maxlength: "6", placeholder: "15:30", "data-ack-restoration": "" });
    this.until = h("input", { type: "text", inputmode: "numeric", maxlength: "6", placeholder: "16:00", "data-ack-until": "" });
    this.message = h("p", { class: "ack-message", role: "status", hidden: true });
    this.button = h("button", { type: "submit", class: "primary", "data-ack": "" }, t("ack.button"));
    const field = (key, input) =>
      h("div", { class: "field" }, h("label", {}, h("span", {}, t(key)), input),
        h("span", { class: "quick" }, ...[30, 60, 240].map((minutes) => h("button", { type: "button", tabindex: "-1", onclick: () => this.put(input, `+${minutes}`) }, t(`ack.plus.${minutes}`)))));
    this.node = h("form", { class: "ack", novalidate: true, onsubmit: (event) => this.submit(event) },
      this.comment, field("ack.restoration", this.restoration), field("ack.until", this.until), h("div", { class: "actions" }, this.button), this.message);
    this.node.addEventListener("input", () => (app.context.dirty = this.isDirty()));
    this.comment.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.node.requestSubmit());
  }

  put(input, value) {
    input.value = value;
    this.app.context.dirty = true;
  }

  isDirty() {
    return Boolean(this.comment.value || this.restoration.value || this.until.value);
  }

  update(alert) {
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
      for (const field of [this.comment, this.restoration, this.until]) field.value = "";
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
    if (!alert.ack) return t(alert.active ? "ack.now.open" : "ack.now.cleared");
    const at = parse(alert.ack.at);
    return t("ack.now.acked", { by: alert.ack.by, at: at === null ? "" : shortTime(at), comment: alert.ack.comment || "—" });
  }
}
