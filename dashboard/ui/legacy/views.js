// A page of several views: one bar of tabs, one view at a time, each made when it is first looked at.
import { h } from "./dom.js";
import { t } from "./i18n.js";

/**
 * `list` is [[name, make(node, app)]]; the name of the view stands in the address (?view=), so that it can be linked to.
 * `prefix` names the texts: "alerts" → alerts.view.load. Gives {dispose}.
 */
export function views(node, app, prefix, list) {
  const names = list.map(([name]) => name);
  const box = h("div", { class: "view" });
  let shown = null;
  let widget = null;
  const tabs = list.map(([name]) => h("button", { type: "button", role: "tab", class: "view-tab", "data-view": name, onclick: () => show(name, true) }, t(`${prefix}.view.${name}`)));
  const bar = h("div", { class: "views", role: "tablist", "aria-label": t("views.label") }, ...tabs);
  node.append(bar, box);
  const show = (name, byHand) => {
    if (name === shown) return;
    widget?.dispose?.();
    app.context.dirty = false;
    shown = name;
    tabs.forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.view === name)));
    tabs[names.indexOf(name)].scrollIntoView({ block: "nearest", inline: "nearest" });
    box.replaceChildren();
    box.className = `view view-${name}`;
    widget = list.find(([one]) => one === name)[1](box, app) ?? {};
    if (!byHand) return;
    const query = new URLSearchParams(location.search);
    if (name === names[0]) query.delete("view");
    else query.set("view", name);
    history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
  };
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(names.indexOf(shown) + step + names.length) % names.length];
    next.focus();
    show(next.dataset.view, true);
  });
  const follow = () => {
    const asked = new URLSearchParams(location.search).get("view");
    show(names.includes(asked) ? asked : names[0], false);
  };
  // A link to another view, or to one alert, of the page on which one is already: nothing else would notice.
  const page = location.pathname;
  const moved = () => {
    if (location.pathname !== page) return;
    shown = null;
    follow();
  };
  const events = ["popstate"];
  for (const event of events) addEventListener(event, moved);
  follow();
  return {
    dispose: () => {
      for (const event of events) removeEventListener(event, moved);
      widget?.dispose?.();
    },
  };
}
