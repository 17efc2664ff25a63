import { t } from "../core/i18n";
import { ago, duration, span } from "../core/format";
import { everySecond, serverNow } from "../core/time";
export { ago, duration, span };
export { clock, day, everySecond, parse, parseClock, serverNow, shortTime, stamp, wallClock, weekday, zoneShift } from "../core/time";

const painters = { duration, ago, span };

/** Marks an element as a running age: `kind` is duration, ago or span; `since` is ms. */
export function running(node, since, kind = "duration", key = "") {
  if (since === null) {
    delete node.dataset.since;
    return;
  }
  node.dataset.since = String(since);
  node.dataset.run = kind;
  if (key) node.dataset.runKey = key;
  paint(node, serverNow());
}

function paint(node, now) {
  const text = painters[node.dataset.run](now - Number(node.dataset.since));
  const full = node.dataset.runKey ? t(node.dataset.runKey, { span: text }) : text;
  if (node.textContent !== full) node.textContent = full;
}

everySecond((now) => {
  for (const node of document.querySelectorAll("[data-since]")) paint(node, now);
});
