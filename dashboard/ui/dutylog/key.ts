/** The key l opens the form of an entry of the duty log on any page; the form is loaded then. */
import { mayDo } from "../core/site";

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

/** The key l opens the form on any page, for those who may write. */
export function followLogKey(): void {
  addEventListener("keydown", (event) => {
    if (event.key !== "l" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]") || !mayDo("command")) return;
    event.preventDefault();
    void import("./form").then(({ openEntry }) => openEntry());
  });
}
