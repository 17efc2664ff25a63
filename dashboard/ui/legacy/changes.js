// What was changed in roster, receivers or escalations, by whom, and the way back to the state before.
import { h, render } from "./dom.js";
import { t, language } from "./i18n.js";
import { get, send } from "./api.js";
import { parse, stamp } from "./time.js";
import { Message, acceptingRemoval, carry, dialog } from "./forms.js";
import { mayChange } from "./adminlist.js";

/** The history of /api/v1/<name>; undo puts the content of an earlier rev on top as a new one. */
export function changesDialog(view, name) {
  dialog(t("changes.title"), () => {
    const message = new Message();
    const list = h("ol", { class: "changes" });
    const box = h("div", { class: "form" }, message.node, list);
    const ask = async () => {
      const answer = await carry(null, message, () => get(`/api/v1/${name}/history?limit=100`));
      if (answer) render(list, JSON.stringify([answer.items, view.answer?.rev, language()]), () => (answer.items.length ? answer.items.map((one) => row(one)) : h("li", { class: "quiet" }, t("rules.nohistory"))));
    };
    const row = (one) => h("li", {}, h("time", {}, stamp(parse(one.at))), h("div", {}, h("strong", {}, t(`changes.${one.name}`)), ` ${one.by} `, h("small", {}, `#${one.rev}`), one.comment ? h("p", { class: "quiet" }, one.comment) : "", ...(one.changes ?? []).slice(0, 12).map(line)),
      mayChange(view) && one.rev > 1 && one.rev === view.answer?.rev ? h("button", { type: "button", class: "chip", "data-act": "undo", onclick: (event) => undo(event.currentTarget) }, t("rules.undo")) : "");
    const undo = async (button) => {
      const answer = await carry(button, message, () => acceptingRemoval((accept) => send("POST", `/api/v1/${name}:undo`, { rev: view.answer.rev, ...accept })));
      if (!answer) return;
      view.take(answer);
      await ask();
      message.say("done", t("rules.undone"));
    };
    ask();
    return box;
  }, "is-wide");
}

const say = (value) => (value === null || value === undefined ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value));
const line = (one) => h("p", { class: "mono change" }, `${one.path}: `, h("del", {}, say(one.before)), " → ", h("ins", {}, say(one.after)));
