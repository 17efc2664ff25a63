// Forms: fields with their labels, buttons that wait for the server's word, and refusals in words.
import { h, setText } from "./dom.js";
import { t, pick } from "./i18n.js";
import { Refused } from "./api.js";

const KNOWN = { 0: "ack.error.lost", 401: "ack.error.signedout", 429: "ack.error.busy", 503: "ack.error.busy", 504: "suppress.unanswered" };

/** Why the server would not: its own words and each finding with its field, or ours when it said nothing. */
export function words(error) {
  const { problem, status } = error;
  if (KNOWN[status]) return t(KNOWN[status]);
  const faults = [...(problem.errors ?? []), ...(problem.faults ?? [])].map((one) => (typeof one === "string" ? one : [one.field, one.message].filter(Boolean).join(": ")));
  return [problem.detail || problem.title || String(status), ...faults].join("\n");
}

/** A line for what became of an act: `say("error" | "done", text)`. */
export class Message {
  constructor() {
    this.node = h("p", { class: "form-message", role: "status", hidden: true });
  }

  say(kind, text) {
    this.node.hidden = !text;
    this.node.className = `form-message is-${kind}`;
    setText(this.node, text);
  }
}

/** Does `act` while `button` is off; what it gives, or undefined when the server would not (said in `message`). */
export async function carry(button, message, act) {
  if (button?.disabled) return undefined;
  if (button) button.disabled = true;
  message.say("", "");
  try {
    return (await act()) ?? true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    message.say("error", words(error));
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

/** Does `act({})`; when that would remove much, shows what, and does `act({ accept })` only if the person means it. */
export async function acceptingRemoval(act) {
  try {
    return await act({});
  } catch (error) {
    const held = error instanceof Refused && error.problem.type?.endsWith(":removal-held") ? error.problem.held : null;
    if (!held || !(await confirm(t("settings.held"), held.lists.map((one) => pick(one.message)).join("\n"), t("settings.accept")))) throw error;
    return act({ accept: held.accept });
  }
}

/** A label over its input; `note` stands below in quiet words. */
export function field(label, input, note = "") {
  return h("label", { class: "form-field" }, h("span", {}, label), input, note ? h("small", {}, note) : "");
}

export function select(name, options, value = "", attributes = {}) {
  return h("select", { name, ...attributes }, ...options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
}

/** A dialog that is gone when it is closed; `build(close)` gives its content. */
export function dialog(title, build, className = "") {
  const node = h("dialog", { class: `sheet ${className}`, "aria-label": title });
  const close = () => node.close();
  node.addEventListener("close", () => node.remove());
  node.append(h("header", { class: "sheet-head" }, h("h2", {}, title), h("button", { type: "button", class: "link", "aria-label": t("key.close"), onclick: close }, "×")), build(close));
  document.getElementById("main").append(node);
  node.showModal();
  return node;
}

/** Asks once more before what cannot be taken back; true when the person means it. */
export function confirm(title, text, button) {
  return new Promise((answer) => {
    let yes = false;
    const node = dialog(title, (close) => h("form", { method: "dialog", class: "form", onsubmit: (event) => {
      event.preventDefault();
      yes = true;
      close();
    } }, h("p", {}, text), h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-confirm": "" }, button), h("button", { type: "button", class: "chip", onclick: close }, t("form.cancel")))));
    node.addEventListener("close", () => answer(yes));
  });
}

/** The values of a form by name: text trimmed, boxes as true or false. */
export function values(form) {
  const found = {};
  for (const element of form.elements) {
    if (!element.name) continue;
    found[element.name] = element.type === "checkbox" ? element.checked : element.value.trim();
  }
  return found;
}

/** Buttons of which several may be pressed; `chosen()` gives their keys. */
export function choices(options, pressed = []) {
  const buttons = options.map(([key, text]) => h("button", { type: "button", class: "chip", "data-choice": key, "aria-pressed": String(pressed.includes(key)), onclick: (event) => {
    const button = event.currentTarget;
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    button.dispatchEvent(new Event("change", { bubbles: true }));
  } }, text));
  const node = h("span", { class: "choices" }, ...buttons);
  return { node, chosen: () => buttons.filter((one) => one.getAttribute("aria-pressed") === "true").map((one) => one.dataset.choice) };
}
