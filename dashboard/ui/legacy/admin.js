// Administration: one tab each for accounts, tokens, roster, receivers, escalations, rules, settings and documents.
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { accountsView } from "./accounts.js";
import { documentsView } from "./documentsview.js";
import { escalationsView } from "./escalationsview.js";
import { receiversView } from "./receiversview.js";
import { rosterView } from "./rosterview.js";
import { rulesView } from "./rulesview.js";
import { settingsView } from "./settingsview.js";
import { tokensView } from "./tokens.js";
import { views } from "./views.js";

const VIEWS = [
  ["roster", rosterView], ["receivers", receiversView], ["escalations", escalationsView], ["rules", rulesView],
  ["accounts", accountsView], ["tokens", tokensView], ["settings", settingsView],
  ["documents", documentsView],
];

export function adminPage(node, app) {
  const rights = app.me.rights ?? [];
  if (!rights.includes("administer") && !rights.includes("audit")) {
    // Within the site no page is asked of the server again: the same words as its 403.
    node.append(h("section", { class: "forbidden" }, h("p", { class: "quiet" }, "403"), h("h1", {}, t("admin.forbidden")), h("p", {}, t("admin.forbidden.why")), h("p", {}, h("a", { href: "/", "data-inside": "" }, t("nav.duty")))));
    return {};
  }
  return views(node, app, "admin", VIEWS);
}
