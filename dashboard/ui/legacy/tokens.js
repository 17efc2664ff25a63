// Tokens of programs and walls: made once, shown once, revoked at once.
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { send } from "./api.js";
import { parse, stamp } from "./time.js";
import { AdminView, table } from "./adminlist.js";
import { Message, carry, confirm, dialog, field, select, values } from "./forms.js";
import { regionName, regionOptions } from "./accounts.js";

const PATH = "/api/v1/tokens";
const SCOPES = ["read", "ingest", "wall"];

export function tokensView(node, app) {
  return new AdminView(node, app, { name: "tokens", path: PATH, note: t("tokens.note"), body: rows,
    head: (view) => (view.may ? h("button", { type: "button", class: "primary", "data-add": "", onclick: () => tokenForm(view) }, t("tokens.add")) : "") });
}

function rows(answer, view) {
  if (!answer.items.length) return h("p", { class: "rows-empty" }, t("tokens.none"));
  const heads = ["name", "scope", "region", "made", "by", ""].map((name) => (name ? t(`tokens.${name}`) : ""));
  return table(heads, answer.items.map((one) => ({ id: one.id, cells: [
    h("b", {}, one.name), t(`tokens.scope.${one.scope}`), regionName(view.app, one.region), parse(one.created) === null ? "—" : stamp(parse(one.created)), one.by || "—",
    view.may ? h("button", { type: "button", class: "chip", "data-act": "revoke", onclick: (event) => revoke(event.currentTarget, one, view) }, t("tokens.revoke")) : "",
  ] })), { "data-tokens": "" });
}

async function revoke(button, one, view) {
  if (!(await confirm(t("tokens.revoke"), t("tokens.revoke.sure", { name: one.name }), t("tokens.revoke")))) return;
  if (await carry(button, view.message, () => send("DELETE", `${PATH}/${encodeURIComponent(one.id)}`))) {
    view.message.say("done", t("tokens.revoked", { name: one.name }));
    view.ask();
  }
}

function tokenForm(view) {
  dialog(t("tokens.add"), (close) => {
    const message = new Message();
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("tokens.make"));
    const form = h("form", { class: "form", autocomplete: "off", onsubmit: async (event) => {
      event.preventDefault();
      const made = await carry(button, message, () => send("POST", PATH, values(form)));
      if (!made) return;
      form.replaceWith(once(made, close));
      view.ask();
    } }, field(t("tokens.name"), h("input", { name: "name", required: true, maxlength: "64", autofocus: true }), t("tokens.name.note")),
    field(t("tokens.scope"), select("scope", SCOPES.map((scope) => [scope, `${t(`tokens.scope.${scope}`)} — ${t(`tokens.scope.${scope}.what`)}`]), "read")), field(t("tokens.region"), select("region", regionOptions(view.app), view.app.me.region ?? "")),
    h("div", { class: "actions" }, button), message.node);
    return form;
  });
}

/** The token itself: in this answer and nowhere else. A wall gets its whole address. */
function once(made, close) {
  const text = h("input", { class: "mono", readonly: true, value: made.token, "data-token": "", "aria-label": t("tokens.once"), onfocus: (event) => event.target.select() });
  const wall = `${location.origin}/wall?token=${made.token}`;
  const copy = h("button", { type: "button", class: "chip", onclick: async () => {
    text.select();
    // Off HTTPS browsers give no clipboard: then it stands selected, to be copied by hand.
    await navigator.clipboard?.writeText(made.token);
    copy.textContent = navigator.clipboard ? t("tokens.copied") : t("tokens.selected");
  } }, t("tokens.copy"));
  return h("div", { class: "form" }, h("p", { class: "is-open" }, t("tokens.once")), h("div", { class: "form-field" }, text), made.scope === "wall" ? field(t("tokens.wall"), h("input", { class: "mono", readonly: true, value: wall, onfocus: (event) => event.target.select() })) : "",
    h("div", { class: "actions" }, copy, h("button", { type: "button", class: "primary", "data-done": "", onclick: close }, t("key.close"))));
}
