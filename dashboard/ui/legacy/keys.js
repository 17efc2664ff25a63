// The keys of the alert list: at its foot, and all of them behind "?".
import { h } from "./dom.js";
import { t } from "./i18n.js";

const KEYS = [["j", "next"], ["k", "previous"], ["a", "ack"], ["s", "shelve"], ["x", "choose"], ["f", "unfold"], ["Enter", "open"], ["/", "search"], ["?", "help"]];

export function keys() {
  return h("footer", { class: "keys" }, ...KEYS.map(([key, name]) => h("span", {}, h("kbd", {}, key), t(`key.${name}`))));
}

export function helpDialog() {
  const all = [...KEYS, ["A", "bulk"], ["n", "fresh"], ["Ctrl+Enter", "submit"], ["Esc", "leave"]];
  const close = h("button", { type: "button", class: "primary", autofocus: true }, t("key.close"));
  const dialog = h("dialog", { class: "help" }, h("h2", {}, t("key.help")), h("dl", {}, ...all.map(([key, name]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(`key.${name}`))])), close);
  close.addEventListener("click", () => dialog.close());
  return dialog;
}
