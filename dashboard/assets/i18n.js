// Words: one catalogue for Python and JavaScript, Chinese first, English one press away.
const KEY = "watchfloor.language";
const LANGUAGES = ["zh-CN", "en"];
let current = "zh-CN";
const catalogues = {};
const listeners = new Set();

export const language = () => current;
export const other = () => LANGUAGES[(LANGUAGES.indexOf(current) + 1) % LANGUAGES.length];

/** The text of `key`, with {name} replaced; a key that nobody wrote shows itself. */
export function t(key, values) {
  const text = catalogues[current]?.[key] ?? catalogues["zh-CN"]?.[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/** The text of `key` when it exists, else `fallback`: for open sets such as kinds and transitions. */
export const tOr = (key, fallback) => catalogues[current]?.[key] ?? fallback;

/** Picks from a record such as {"zh-CN": …, "en": …}; "" when it holds nothing. */
export function pick(texts) {
  if (!texts) return "";
  if (typeof texts === "string") return texts;
  return texts[current] ?? texts[current.split("-")[0]] ?? texts["zh-CN"] ?? texts.zh ?? Object.values(texts)[0] ?? "";
}

export async function loadTexts(base, wanted) {
  const answers = await Promise.all(LANGUAGES.map((name) => fetch(`${base}/texts/${name}.json`)));
  for (const [index, answer] of answers.entries()) catalogues[LANGUAGES[index]] = await answer.json();
  const stored = localStorage.getItem(KEY);
  apply(LANGUAGES.includes(stored) ? stored : LANGUAGES.includes(wanted) ? wanted : "zh-CN");
}

/** The site's or the person's language, unless this browser was set to another by hand. */
export function suggestLanguage(name) {
  if (!localStorage.getItem(KEY) && LANGUAGES.includes(name) && name !== current) apply(name);
}

export function setLanguage(name) {
  localStorage.setItem(KEY, name);
  apply(name);
}

export function onLanguage(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

/** Translates elements that carry data-text, data-title or data-placeholder. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-text]")) {
    const text = t(node.dataset.text);
    if (node.textContent !== text) node.textContent = text;
  }
  for (const node of root.querySelectorAll("[data-title]")) node.title = t(node.dataset.title);
  for (const node of root.querySelectorAll("[data-placeholder]")) node.placeholder = t(node.dataset.placeholder);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
}

function apply(name) {
  current = name;
  document.documentElement.lang = name;
  translate();
  for (const fn of [...listeners]) fn(name);
}
