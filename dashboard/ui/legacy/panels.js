// The widgets that have not moved yet, by the name of their panel: make(node, app) gives {dispose}.
import { language } from "../core/i18n";
import { effect, untracked } from "@preact/signals";
import { legacyApp } from "./app.js";
import { assetPage } from "./asset.js";

const widgets = {
  "asset-page": assetPage,
};

/** Fills `node` with a widget; made again in the new words when the language changes. Returns how to end it. */
export function mountLegacy(name, node) {
  const app = legacyApp();
  let widget = null;
  let words = null;
  const stop = effect(() => {
    if (language() === words) return;
    words = language();
    widget?.dispose?.();
    node.replaceChildren();
    delete node.wfRows;
    delete node.wfSignature;
    widget = untracked(() => widgets[name](node, app)) ?? {};
  });
  return () => {
    stop();
    widget?.dispose?.();
    node.replaceChildren();
  };
}
