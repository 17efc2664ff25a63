// One thing done to many alerts: first what would become of each, asked of the server, then the doing, then each one's end.
import { h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { send, Refused } from "./api.js";
import { parse, parseClock, shortTime } from "./time.js";
import { clockInput, timeField } from "./ack.js";
import { alertIcon } from "./shapes.js";
import { alertHolder, alertTitle } from "./say.js";
import { refusal } from "./suppress.js";

const PATH = "/api/v1/alerts:bulk";

/** What takes an action back, where the life of an alert knows that. */
export const UNDO = { ack: "unack", shelve: "unshelve" };
/** The times that each asks for, with their quick choices in minutes. */
const TIMES = { ack: { estimated_restoration: ["ack.restoration", [15, 30, 60, 120]], until: ["ack.until", [30, 60, 240]] }, shelve: { until: ["suppress.until", [60, 240, 1440]] } };
const NEEDS_COMMENT = ["shelve", "comment"];
const CODES = ["closed", "not_acked", "not_shelved", "rev"];
const PROBLEMS = ["outside-region", "not-found", "conflict"];

/** `results`, or `refused` in words. */
export async function carryOut(wish) {
  try {
    return { results: (await send("POST", PATH, wish)).results };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const said = (error.problem.errors ?? []).map((one) => one.message).join(" ");
    return { refused: [refusal(error), said].filter(Boolean).join(" ") };
  }
}

const why = (one) => t(`bulk.not.${CODES.includes(one.code) ? one.code : PROBLEMS.includes(one.problem) ? one.problem : "other"}`);

export class BulkDialog {
  /** `finished({verb, results, words}, failedIds)` after the server has answered. */
  constructor(app, finished) {
    Object.assign(this, { app, finished });
    this.node = h("dialog", { class: "bulk" });
  }

  /** Shows the preview; words when the server would not even say. */
  async open(verb, ids) {
    const { results, refused } = await carryOut({ ids, action: verb, dry_run: true, ...this.trial(verb) });
    if (refused) return refused;
    this.verb = verb;
    const able = results.filter((one) => !one.problem && this.app.store.alert.has(one.id)).map((one) => one.id);
    this.fates = new Map();
    this.rows = h("ol", { class: "bulk-rows" }, ...results.map((one) => this.row(this.app.store.alert.get(one.id), one)));
    this.node.replaceChildren(this.form(able, ids.length - able.length));
    this.node.showModal();
    // On a phone the keyboard would cover what is to be looked at first.
    (matchMedia("(max-width: 760px)").matches ? this.node.querySelector("h2") : this.comment).focus();
    return "";
  }

  /** A trial must be sayable: what is not yet written is filled in. */
  trial(verb) {
    return { ...(NEEDS_COMMENT.includes(verb) ? { comment: "?" } : {}), ...(verb === "shelve" ? { until: new Date(Date.now() + 3600000).toISOString() } : {}) };
  }

  row(alert, result) {
    if (!alert) return "";
    const fate = h("span", { class: `bulk-fate${result.problem ? " is-not" : ""}` }, result.problem ? why(result) : this.would(alert));
    this.fates.set(alert.id, fate);
    return h("li", { "data-id": alert.id, class: `sev-${alert.severity}` }, alertIcon(alert), h("span", { class: "bulk-title" }, alertTitle(alert, this.app)), h("span", { class: "quiet" }, this.app.regionName(alert.region)), h("span", { class: "quiet" }, alertHolder(alert).text), fate);
  }

  would(alert) {
    const { verb } = this;
    const holder = alert.ack?.by || t("alert.acked");
    if (verb === "ack" && alert.ack) return t("bulk.over", { name: holder });
    if (verb === "unack") return t("bulk.will.unack", { name: holder });
    const until = parse(alert.shelf?.until ?? null);
    if (verb === "unshelve" || (verb === "shelve" && alert.shelf)) return t(`bulk.will.${verb === "shelve" ? "reshelve" : verb}`, { at: until === null ? "—" : shortTime(until) });
    return t(`bulk.will.${verb}`);
  }

  form(able, left) {
    const { verb } = this;
    const words = { verb: t(`bulk.verb.${verb}`), n: able.length, left };
    const needed = NEEDS_COMMENT.includes(verb);
    this.comment = h("textarea", { rows: "2", maxlength: "2000", "data-bulk-comment": "", placeholder: t(`bulk.hint.${verb}`), "aria-label": t(needed ? "suppress.reason" : "ack.comment") });
    this.inputs = Object.entries(TIMES[verb] ?? {}).map(([name, [label, minutes]]) => ({ name, label, minutes, input: clockInput({ [`data-bulk-${name === "until" ? "until" : "restoration"}`]: "" }) }));
    this.message = h("p", { class: "bulk-message", role: "status", hidden: true });
    this.button = h("button", { type: "submit", class: "primary", "data-bulk-send": "", disabled: able.length === 0 }, t("bulk.send", words));
    const close = h("button", { type: "button", class: "chip", "data-bulk-close": "", onclick: () => this.node.close() }, t("key.close"));
    return h("form", { novalidate: true, onsubmit: (event) => this.submit(event, able) },
      h("h2", { tabindex: "-1" }, left ? t("bulk.title.left", words) : t("bulk.title", words)), this.rows, this.comment,
      ...this.inputs.map(({ label, minutes, input }) => timeField(label, input, () => {}, minutes)), this.message, h("div", { class: "actions" }, this.button, close));
  }

  /** The wish as it stands in the form, or null when something is missing (and said). */
  wish(ids) {
    const wish = { ids, action: this.verb, comment: this.comment.value.trim() };
    for (const { name, input } of this.inputs) {
      let at;
      try {
        at = parseClock(input.value);
      } catch {
        this.say("error", t("ack.badtime", { value: input.value }));
        return null;
      }
      if (at !== null) wish[name] = new Date(at).toISOString();
    }
    if ((NEEDS_COMMENT.includes(this.verb) && !wish.comment) || (this.verb === "shelve" && !wish.until)) {
      this.say("error", t(this.verb === "shelve" ? "suppress.needs" : "bulk.needs"));
      return null;
    }
    return wish;
  }

  async submit(event, ids) {
    event.preventDefault();
    const wish = this.button.disabled ? null : this.wish(ids);
    if (!wish) return;
    this.button.disabled = true;
    const { results, refused } = await carryOut(wish);
    if (refused) {
      this.button.disabled = false;
      this.say("error", refused);
      return;
    }
    this.finish(results, wish);
  }

  /** Each has its own end. */
  finish(results, wish) {
    const failed = results.filter((one) => one.status !== 200);
    for (const one of results) {
      const fate = this.fates.get(one.id);
      fate.className = `bulk-fate ${one.status === 200 ? "is-done" : "is-not"}`;
      setText(fate, one.status === 200 ? t("ack.done") : [why(one), ...(one.errors ?? []).map((error) => error.message)].join(" "));
    }
    const n = results.length - failed.length;
    const at = wish.until && this.verb === "shelve" ? wish.until : wish.estimated_restoration;
    const done = at ? t(this.verb === "shelve" ? "bulk.done.shelve" : "bulk.done.until", { n, at: shortTime(parse(at)) }) : t("bulk.done", { n });
    const words = failed.length ? t("bulk.part", { n, failed: failed.length }) : done;
    this.say(failed.length ? "error" : "done", words);
    this.finished({ verb: this.verb, results, words }, failed.map((one) => one.id));
  }

  say(kind, text) {
    this.message.hidden = !text;
    this.message.className = `bulk-message is-${kind}`;
    setText(this.message, text);
  }
}
