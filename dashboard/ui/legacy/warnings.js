// The warnings: real ones first, exercises stamped and apart, tests counted and shown only when asked for.
import { h, render, setText } from "./dom.js";
import { pick, t, tOr, language } from "./i18n.js";
import { parse, stamp } from "./time.js";
import { colourRank } from "./derive.js";
import { live } from "./feeds.js";
import { warningPlace, warningTitle } from "./say.js";

const STATES = ["active", "pending", "expired", "cancelled", "superseded"];

export function warningList(node, app) {
  let showTests = false;
  const title = h("h1", {});
  const toggle = h("button", { type: "button", class: "chip", "aria-pressed": "false", onclick: () => {
    showTests = !showTests;
    toggle.setAttribute("aria-pressed", String(showTests));
    paint();
  } });
  const body = h("div", { class: "warning-cards" });
  node.append(h("header", { class: "page-head" }, title, toggle), body);
  const paint = () => {
    const all = [...app.store.warning.values()];
    all.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || colourRank(a.colour) - colourRank(b.colour) || (a.sent < b.sent ? 1 : -1));
    const real = all.filter((warning) => warning.status === "Actual");
    const exercise = all.filter((warning) => warning.status === "Exercise");
    const tests = all.filter((warning) => !["Actual", "Exercise"].includes(warning.status));
    setText(title, t("warnings.title", { n: real.filter((warning) => warning.state === "active").length }));
    toggle.hidden = tests.length === 0;
    setText(toggle, t("warnings.tests", { n: tests.length }));
    render(body, JSON.stringify([all.map((w) => [w.id, w.state, w.colour, w.expires, w.ended_at, (w.findings ?? []).length]), showTests, language()]), () => [
      group(real, "", app), group(exercise, "warnings.exercises", app), showTests ? group(tests, "warnings.testlist", app) : "",
      all.length ? "" : h("p", { class: "rows-empty" }, t("feed.nowarning")),
    ]);
  };
  return { dispose: live(app, ["warning"], paint) };
}

function group(warnings, title, app) {
  if (!warnings.length) return "";
  return h("section", {}, title ? h("h2", {}, t(title)) : "", ...warnings.slice(0, 100).map((warning) => card(warning, app)));
}

function card(warning, app) {
  const facts = [warning.sender_name || warning.sender, warningPlace(warning, app), tOr(`cap.${warning.urgency}`, warning.urgency), tOr(`cap.${warning.severity}`, warning.severity), tOr(`cap.${warning.certainty}`, warning.certainty)];
  const times = [["warnings.sent", warning.sent], ["warnings.onset", warning.onset], ["warnings.expires", warning.expires], ["warnings.ended", warning.ended_at]];
  const affected = Object.entries(warning.affected ?? {}).filter(([, n]) => n);
  return h("article", { class: `card colour-${warning.colour || "none"} state-${warning.state}${warning.status === "Exercise" ? " is-exercise" : ""}`, "data-id": warning.id },
    h("header", {},
      warning.status === "Exercise" ? h("b", { class: "stamp" }, t("warning.exercise")) : warning.status !== "Actual" ? h("b", { class: "stamp is-test" }, tOr(`warning.status.${warning.status}`, warning.status)) : "",
      h("h3", {}, warningTitle(warning, app)), h("span", { class: "card-state" }, tOr(`warning.state.${warning.state}`, warning.state))),
    warning.headline ? h("p", {}, warning.headline) : "",
    h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    h("p", { class: "quiet" }, times.filter(([, at]) => parse(at) !== null).map(([key, at]) => `${t(key)} ${stamp(parse(at))}`).join("   ")),
    affected.length ? h("p", {}, t("warnings.affected", { list: affected.map(([kind, n]) => `${tOr(`kind.${kind}`, kind)} ${n}`).join(" · ") })) : "",
    warning.description ? h("details", {}, h("summary", {}, t("warnings.text")), h("p", {}, warning.description), warning.instruction ? h("p", { class: "instruction" }, warning.instruction) : "") : "",
    findings(warning));
}

function findings(warning) {
  const list = warning.findings ?? [];
  if (!list.length) return "";
  return h("details", { class: "findings" }, h("summary", {}, t("warnings.findings", { n: list.length })),
    h("ul", {}, ...list.slice(0, 20).map((finding) => h("li", {}, h("code", {}, finding.code), " ", pick(finding.message), finding.line ? ` (${t("warnings.line", { n: finding.line })})` : ""))));
}
