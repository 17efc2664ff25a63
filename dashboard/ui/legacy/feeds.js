// What several widgets share: painting on changes, and the words for "nothing is wrong".
import { h } from "./dom.js";
import { t } from "./i18n.js";

/** Paints on every change of the kinds named and each second; returns how to stop. */
export function live(app, kinds, paint) {
  const stopStore = app.store.listen((changed) => (changed.reset || kinds.some((kind) => changed[kind].size)) && paint());
  if (app.store.ready) paint();
  return stopStore;
}

/** How many are abnormal, in words: all is well only where everything is known; else nothing was seen, and n unknown. */
export function figure(count, all) {
  const bad = count.down + count.degraded + count.under;
  const { words, hatched } = calmWords(count.unknown, all, "feed.calm");
  const level = count.down ? "down" : count.degraded ? "degraded" : hatched ? "unknown" : "ok";
  const notes = [t("feed.normal", { ok: count.ok, all })];
  if (count.under) notes.push(t("feed.roots", { n: count.down + count.degraded }));
  if (count.unknown && bad) notes.push(t("feed.unknown", { n: count.unknown }));
  return h("div", { class: "figure" },
    h("strong", { class: `is-${level}` }, bad),
    h("span", { class: `figure-word${!bad && hatched ? " is-hatched" : ""}` }, bad ? t("feed.abnormal") : words),
    h("span", { class: "figure-note" }, notes.join(" · ")));
}

/** The words for "nothing is wrong" (`calm`) where `unknown` of `all` are not known, and whether they stand in hatch. */
export function calmWords(unknown, all, calm) {
  if (!all) return { words: t("feed.none"), hatched: true };
  return unknown ? { words: t("feed.unseen", { n: unknown }), hatched: true } : { words: t(calm), hatched: false };
}

/** Says in `node` that there is no alert; in hatch while assets are unknown. */
export function sayCalm(node, app, calm) {
  const assets = [...app.store.asset.values()];
  const { words, hatched } = calmWords(assets.filter((asset) => app.topology.state(asset.id) === "unknown").length, assets.length, calm);
  node.replaceChildren(h("span", { class: hatched ? "is-hatched" : "" }, words));
}
