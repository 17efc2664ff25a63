// Accounts: who may sign in, as what and for which region; add, change, give a new password, put out of use.
import { h } from "./dom.js";
import { t, tOr } from "./i18n.js";
import { send } from "./api.js";
import { covers } from "./derive.js";
import { parse, stamp } from "./time.js";
import { AdminView, table } from "./adminlist.js";
import { Message, carry, confirm, dialog, field, select, values } from "./forms.js";

const ROLES = ["viewer", "leader", "duty", "operator", "admin", "auditor"];
const PATH = "/api/v1/accounts";

export function accountsView(node, app) {
  return new AdminView(node, app, { name: "accounts", path: PATH, note: t("accounts.note"), body: rows,
    head: (view) => (view.may ? h("button", { type: "button", class: "primary", "data-add": "", onclick: () => accountForm(view) }, t("accounts.add")) : "") });
}

export const regionName = (app, region) => (region ? app.regionName(region) : t("accounts.everywhere"));

/** The regions that the person may give to others: the whole site only who has it. */
export function regionOptions(app) {
  const own = app.me.region ?? "";
  const all = [["", t("accounts.everywhere")], [app.site.region, t("region.own")], ...app.counties.map((one) => [one.adcode, app.regionName(one.adcode)])];
  return all.filter(([code]) => !own || (code && covers(own, code)));
}

function rows(answer, view) {
  const { app } = view;
  const heads = ["name", "role", "region", "state", "used", ""].map((name) => (name ? t(`accounts.${name}`) : ""));
  return table(heads, answer.items.map((one) => ({
    id: one.name, class: one.disabled ? "is-off" : "",
    cells: [h("b", {}, one.name), tOr(`role.name.${one.role}`, one.role), regionName(app, one.region), one.disabled ? t("accounts.off") : one.sessions ? t("accounts.sessions", { n: one.sessions }) : t("accounts.on"),
      parse(one.used_at) === null ? "—" : stamp(parse(one.used_at)), view.may ? h("span", { class: "row-actions" }, ...actions(one, view)) : ""],
  })), { "data-accounts": "" });
}

function actions(one, view) {
  const chip = (name, onclick) => h("button", { type: "button", class: "chip", "data-act": name, onclick }, t(`accounts.${name}`));
  const own = one.name === view.app.me.name;
  return [
    own ? "" : chip("change", () => accountForm(view, one)), chip("password", () => passwordForm(view, one)),
    own ? "" : chip(one.disabled ? "enable" : "disable", async (event) => {
      const button = event.currentTarget;
      if (!one.disabled && !(await confirm(t("accounts.disable"), t("accounts.disable.sure", { name: one.name }), t("accounts.disable")))) return;
      if (await carry(button, view.message, () => send("PATCH", `${PATH}/${encodeURIComponent(one.name)}`, { disabled: !one.disabled }))) view.ask();
    }),
  ];
}

/** A new account, or another role and region for one that is there. */
function accountForm(view, one = null) {
  dialog(one ? t("accounts.change.title", { name: one.name }) : t("accounts.add"), (close) => {
    const message = new Message();
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("form.save"));
    return h("form", { class: "form", autocomplete: "off", onsubmit: async (event) => {
      event.preventDefault();
      const wish = values(event.currentTarget);
      const made = await carry(button, message, () => (one ? send("PATCH", `${PATH}/${encodeURIComponent(one.name)}`, wish) : send("POST", PATH, wish)));
      if (!made) return;
      close();
      view.message.say("done", t("form.saved"));
      view.ask();
    } },
    one ? "" : field(t("accounts.name"), h("input", { name: "name", required: true, maxlength: "64", autocomplete: "off", autofocus: true }), t("accounts.name.note")),
    field(t("accounts.role"), select("role", ROLES.map((role) => [role, `${tOr(`role.name.${role}`, role)} — ${t(`accounts.role.${role}`)}`]), one?.role ?? "duty")),
    field(t("accounts.region"), select("region", regionOptions(view.app), one?.region ?? view.app.me.region ?? "")),
    one ? h("p", { class: "quiet" }, t("accounts.ends")) : field(t("signin.password"), h("input", { name: "password", type: "password", required: true, minlength: "8", maxlength: "1024", autocomplete: "new-password" }), t("accounts.password.note")),
    h("div", { class: "actions" }, button), message.node);
  });
}

function passwordForm(view, one) {
  dialog(t("accounts.password.title", { name: one.name }), (close) => {
    const message = new Message();
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("form.save"));
    return h("form", { class: "form", onsubmit: async (event) => {
      event.preventDefault();
      const { password, again } = values(event.currentTarget);
      if (password !== again) {
        message.say("error", t("accounts.password.differs"));
        return;
      }
      if (!(await carry(button, message, () => send("PATCH", `${PATH}/${encodeURIComponent(one.name)}`, { password })))) return;
      close();
      view.message.say("done", t("accounts.password.done", { name: one.name }));
      view.ask();
    } }, field(t("accounts.password.new"), h("input", { name: "password", type: "password", required: true, minlength: "8", maxlength: "1024", autocomplete: "new-password", autofocus: true }), t("accounts.password.note")),
    field(t("accounts.password.again"), h("input", { name: "again", type: "password", required: true, autocomplete: "new-password" })), h("p", { class: "quiet" }, t("accounts.ends")), h("div", { class: "actions" }, button), message.node);
  });
}
