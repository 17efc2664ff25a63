/** Words: one catalogue for Python and the browser, Chinese first, English one press away. */
import { computed, signal } from "@preact/signals";

export type Language = "zh-CN" | "en";
export type Texts = Readonly<Record<string, string>>;
/** A text in several languages, as records carry it. */
export type ByLanguage = Readonly<Record<string, string>> | string | null | undefined;

const KEY = "watchfloor.language";
const LANGUAGES: readonly Language[] = ["zh-CN", "en"];
const catalogues = new Map<Language, Texts>();
const current = signal<Language>("zh-CN");
const loaded = signal(0);
const texts = computed<Texts>(() => (loaded.value, catalogues.get(current.value) ?? {}));

const isLanguage = (name: string | null | undefined): name is Language => LANGUAGES.some((known) => known === name);

/** The language of the page. A component that reads it is rendered again when it changes. */
export const language = (): Language => current.value;
export const otherLanguage = (): Language => (current.value === "en" ? "zh-CN" : "en");

/** The text of `key`, with {name} replaced by `values.name`. A key without a text shows itself. */
export function t(key: string, values?: Readonly<Record<string, unknown>>): string {
  const text = texts.value[key] ?? key;
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The text of `key` where the catalogue has it, else `fallback`: for open sets such as kinds of asset. */
export const tOr = (key: string, fallback: string): string => texts.value[key] ?? fallback;

/** The text of a record in the page's language, else in Chinese, else in any. */
export function pick(byLanguage: ByLanguage): string {
  if (!byLanguage) return "";
  if (typeof byLanguage === "string") return byLanguage;
  const name = current.value;
  const short = name.split("-")[0] ?? name;
  const any = Object.values(byLanguage)[0];
  return byLanguage[name] ?? byLanguage[short] ?? byLanguage["zh-CN"] ?? byLanguage.zh ?? any ?? "";
}

async function load(name: Language): Promise<void> {
  if (catalogues.has(name)) return;
  const answer = await fetch(`${document.documentElement.dataset.base}/texts/${name}.json`);
  if (!answer.ok) throw new Error(`texts of ${name}: ${answer.status}`);
  catalogues.set(name, (await answer.json()) as Texts);
  loaded.value += 1;
}

/** Loads the language that this browser was set to, else `wanted`. */
export async function loadTexts(wanted: string | undefined): Promise<void> {
  const stored = localStorage.getItem(KEY);
  await apply(isLanguage(stored) ? stored : isLanguage(wanted) ? wanted : "zh-CN");
}

/** The person's or the site's language, unless this browser was set to one by hand. */
export async function suggestLanguage(name: string | undefined): Promise<void> {
  if (!localStorage.getItem(KEY) && isLanguage(name)) await apply(name);
}

export async function setLanguage(name: Language): Promise<void> {
  localStorage.setItem(KEY, name);
  await apply(name);
}

async function apply(name: Language): Promise<void> {
  await load(name);
  current.value = name;
  document.documentElement.lang = name;
  translate(document);
}

/** Translates elements of the server's HTML that carry data-text, data-title, data-placeholder or data-label. */
export function translate(root: ParentNode | null): void {
  for (const node of root?.querySelectorAll<HTMLElement>("[data-text]") ?? []) node.textContent = t(node.dataset.text!);
  for (const node of root?.querySelectorAll<HTMLElement>("[data-title]") ?? []) node.title = t(node.dataset.title!);
  for (const node of root?.querySelectorAll<HTMLElement>("[data-label]") ?? []) {
    node.setAttribute("aria-label", t(node.dataset.label!));
  }
}

/** Puts texts in place without a server, for unit tests. */
export function useTexts(name: Language, catalogue: Texts): void {
  catalogues.set(name, catalogue);
  current.value = name;
  loaded.value += 1;
}
