/** The button that shows a page of plain HTML in the other language. */
import { effect } from "@preact/signals";
import { language, otherLanguage, setLanguage } from "./i18n";

/** Gives the page's button with data-switch="language" its name and its action. */
export function followLanguageSwitch(): void {
  const button = document.querySelector<HTMLButtonElement>('[data-switch="language"]')!;
  effect(() => void (button.textContent = language() === "en" ? "中文" : "English"));
  button.addEventListener("click", () => void setLanguage(otherLanguage()));
}
