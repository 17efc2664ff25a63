// Choosing assets by a piece of their name or id: what is chosen stands as chips that can be taken off.
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { covers } from "./derive.js";

const SHOWN = 8;

/** {node, chosen()}: `changed()` is called after each choice. Only what the person may act on is offered. */
export function assetPicker(app, changed) {
  const chosen = new Map();
  const chips = h("span", { class: "choices" });
  const found = h("ul", { class: "picker-found", role: "listbox", hidden: true });
  const input = h("input", { type: "search", "data-picker": "", maxlength: "80", placeholder: t("picker.hint"), role: "combobox", "aria-expanded": "false", autocomplete: "off" });
  const paint = () => {
    chips.replaceChildren(...[...chosen].map(([id, name]) => h("button", { type: "button", class: "chip is-chosen", "data-asset": id, title: t("picker.remove"), onclick: () => {
      chosen.delete(id);
      paint();
      changed();
    } }, `${name} ×`)));
  };
  const add = (asset) => {
    chosen.set(asset.id, asset.name);
    input.value = "";
    look();
    paint();
    changed();
    input.focus();
  };
  const look = () => {
    const query = input.value.trim().toLowerCase();
    const fits = query ? [...app.store.asset.values()].filter((asset) => !chosen.has(asset.id) && covers(app.me.region ?? "", asset.region) && `${asset.id} ${asset.name} ${asset.owner}`.toLowerCase().includes(query)) : [];
    found.hidden = !fits.length;
    input.setAttribute("aria-expanded", String(fits.length > 0));
    found.replaceChildren(...fits.slice(0, SHOWN).map((asset) => h("li", {}, h("button", { type: "button", role: "option", "data-id": asset.id, onclick: () => add(asset) }, asset.name, " ", h("small", {}, `${asset.id} · ${app.regionName(asset.region)}`)))),
      ...(fits.length > SHOWN ? [h("li", { class: "quiet" }, t("picker.more", { n: fits.length - SHOWN }))] : []));
  };
  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    found.querySelector("button")?.click();
  });
  return { node: h("div", { class: "picker" }, chips, input, found), chosen: () => [...chosen.keys()] };
}
