import { effect } from "@preact/signals";
import { language } from "../core/i18n";
export { language, otherLanguage as other, pick, setLanguage, t, tOr, translate } from "../core/i18n";

/** Calls `fn` after each change of the language. */
export function onLanguage(fn) {
  let last = language();
  return effect(() => {
    const now = language();
    if (now !== last) {
      last = now;
      fn(now);
    }
  });
}
