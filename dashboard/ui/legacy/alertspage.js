// The page of the alerts: the list with its detail, what is hidden by whom, handing over. Load and availability are reports.
import { h } from "./dom.js";
import { alertList } from "./alertlist.js";
import { detail } from "./detail.js";
import { handoverView } from "./handover.js";
import { suppressView } from "./suppressview.js";
import { views } from "./views.js";

function listView(node, app) {
  const rows = h("section", { class: "panel w-alert-list", "data-filters": "true" });
  const side = h("aside", { class: "panel w-detail" });
  node.append(rows, side);
  const made = [alertList(rows, app), detail(side, app)];
  return { dispose: () => made.forEach((one) => one.dispose()) };
}

const VIEWS = [["list", listView], ["hidden", suppressView], ["handover", handoverView]];

export const alertsPage = (node, app) => views(node, app, "alerts", VIEWS);
