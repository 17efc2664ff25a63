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

/** `accept` is the digest of a removal that the person has seen and wants. */
async function reload(button, view, accept = "") {
  button.disabled = true;
  view.message.say("pending", t("settings.reloading"));
  try {
    const done = await send("POST", `/api/v1/reload${accept ? `?accept=${encodeURIComponent(accept)}` : ""}`);
    view.message.say(done.applied ? "done" : "error", told(done).join("\n"));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    view.message.say("error", words(error));
  } finally {
    button.disabled = false;
  }
  view.ask();
}

/** What became of it: how far it came, who did not go along, and what of the files was left out (listed below). */
function told({ applied, processes, missing, left_out_total: left, restart, held }) {
  if (held) return [t("settings.held"), ...held.lists.map((one) => pick(one.message))];
  const others = processes.filter((one) => one.state !== "applied");
  return [
    t(applied ? "settings.applied.all" : "settings.applied.partly", { n: processes.length - others.length }),
    ...others.map((one) => t(`settings.process.${one.state}`, { role: tOr(`role.${one.role}`, one.role), host: one.host, pid: one.pid, why: one.trouble })),
    missing.length ? t("settings.missing", { roles: missing.map((role) => tOr(`role.${role}`, role)).join(" ") }) : "",
    left ? t("settings.left", { n: left }) : "",
    restart.length ? t("settings.waits", { sections: restart.map((name) => `[${name}]`).join(" ") }) : "",
  ].filter(Boolean);
}

/** A change that would remove too much: what it removes, and the button that accepts it. */
function heldPart(held, view) {
  if (!held) return [];
  const apply = (event) => reload(event.currentTarget, view, held.accept);
  return [
    h("h2", {}, t("settings.held")),
    h("ul", { class: "faults", "data-held": "" }, ...held.lists.map((one) => h("li", { class: "is-open" }, pick(one.message)))),
    mayChange(view) ? h("button", { type: "button", class: "chip", "data-accept": held.accept, onclick: apply }, t("settings.accept")) : "",
  ];
}

function body(answer, view) {
  const { findings = [] } = answer;
  return [
    ...heldPart(answer.held, view),
    h("h2", {}, t("settings.findings", { n: findings.length })),
    findings.length ? h("ul", { class: "faults", "data-findings": "" }, ...findings.map((one) => h("li", { class: one.error ? "is-open" : "" }, h("b", { class: "mono" }, [one.file.split("/").pop(), one.line || ""].filter(Boolean).join(":")), ` ${one.key} `, one.value ? h("code", {}, one.value) : "", h("p", {}, pick(one.message)), h("p", { class: "quiet" }, pick(one.mend))))) : h("p", { class: "quiet pad" }, t("settings.sound")),
    h("h2", {}, t("settings.applied", { file: answer.file, at: parse(answer.applied_at) === null ? "—" : stamp(parse(answer.applied_at)) })),
    h("dl", { class: "applied" }, ...(answer.applied ?? []).map((part) => [h("dt", {}, h("code", {}, `[${part.section}]`), h("small", { class: "block" }, tOr(`settings.section.${part.section}`, ""))), h("dd", {}, ...Object.entries(part.values).map(([key, value]) => h("p", {}, h("span", { class: "quiet" }, `${key} `), said(value))))])),
    h("p", { class: "quiet pad" }, t("settings.restart")),
  ];
}

const said = (value) => (Array.isArray(value) ? value.join(" · ") || "—" : value && typeof value === "object" ? Object.entries(value).map(([key, one]) => `${key} ${one} s`).join(" · ") || "—" : value === null ? "—" : String(value));
