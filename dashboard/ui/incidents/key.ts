/** The key F2 opens the form of a new incident on any page; the form is loaded then. */
import { mayDo } from "../core/site";

/** Follows the key for those who may open incidents. */
export function followNewKey(): void {
  addEventListener("keydown", (event) => {
    if (event.key !== "F2" || document.querySelector("dialog[open]") || !mayDo("command")) return;
    event.preventDefault();
    void import("./new").then(({ openNew }) => openNew());
  });
}
