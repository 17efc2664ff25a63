// What applies of the site's settings, what is wrong with the files as they stand, and the button that applies them.
import { h } from "./dom.js";
import { t, tOr, pick } from "./i18n.js";
import { send, Refused } from "./api.js";
import { parse, stamp } from "./time.js";
import { AdminView, mayChange } from "./adminlist.js";
import { words } from "./forms.js";

export function settingsView(node, app) {
  return new AdminView(node, app, { name: "settings", path: "/api/v1/settings", note: t("settings.note"), body, head: (view) => [
    h("button", { type: "button", class: "chip", "data-check": "", onclick: () => view.ask() }, t("settings.check")),
    mayChange(view) ? h("button", { type: "button", class: "primary", "data-reload": "", onclick: (event) => reload(event.currentTarget, view) }, t("settings.reload")) : "",
  ] });
}

async function reload(button, view) {
  button.disabled = true;
  try {
    await send("POST", "/api/v1/reload");
    view.message.say("done", t("settings.reloaded"));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    view.message.say("error", words(error));
  } finally {
    button.disabled = false;
  }
  setTimeout(() => view.ask(), 1500);
}

function body(answer) {
  const { findings = [] } = answer;
  return [
    h("h2", {}, t("settings.findings", { n: findings.length })),
    findings.length ? h("ul", { class: "faults", "data-findings": "" }, ...findings.map((one) => h("li", { class: one.error ? "is-open" : "" }, h("b", { class: "mono" }, [one.file.split("/").pop(), one.line || ""].filter(Boolean).join(":")), ` ${one.key} `, one.value ? h("code", {}, one.value) : "", h("p", {}, pick(one.message)), h("p", { class: "quiet" }, pick(one.mend))))) : h("p", { class: "quiet pad" }, t("settings.sound")),
    h("h2", {}, t("settings.applied", { file: answer.file, at: parse(answer.applied_at) === null ? "—" : stamp(parse(answer.applied_at)) })),
    h("dl", { class: "applied" }, ...(answer.applied ?? []).map((part) => [h("dt", {}, h("code", {}, `[${part.section}]`), h("small", { class: "block" }, tOr(`settings.section.${part.section}`, ""))), h("dd", {}, ...Object.entries(part.values).map(([key, value]) => h("p", {}, h("span", { class: "quiet" }, `${key} `), said(value))))])),
    h("p", { class: "quiet pad" }, t("settings.restart")),
  ];
}

const said = (value) => (Array.isArray(value) ? value.join(" · ") || "—" : value && typeof value === "object" ? Object.entries(value).map(([key, one]) => `${key} ${one} s`).join(" · ") || "—" : value === null ? "—" : String(value));
