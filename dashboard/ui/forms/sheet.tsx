/** Dialogs over the page. The browser's own <dialog> holds the focus and closes with Escape. */
import { effect } from "@preact/signals";
import { render, type ComponentChildren } from "preact";
import { path } from "../core/address";
import { t } from "../core/i18n";

interface Options {
  wide?: boolean;
  onclose?: () => void;
}

/** Opens a dialog with what `build(close)` draws. It is gone when it is closed, or when the page is left. */
export function openSheet(title: () => string, build: (close: () => void) => ComponentChildren, options: Options = {}) {
  const node = document.createElement("dialog");
  node.className = `sheet${options.wide ? " is-wide" : ""}`;
  node.setAttribute("aria-label", title());
  const close = (): void => node.close();
  const opened = path();
  const stop = effect(() => void (path() !== opened && close()));
  node.addEventListener("close", () => {
    stop();
    render(null, node);
    node.remove();
    options.onclose?.();
  });
  document.getElementById("main")!.append(node);
  const Content = () => (
    <>
      <header class="sheet-head">
        <h2>{title()}</h2>
        <button type="button" class="link" aria-label={t("key.close")} onClick={close}>×</button>
      </header>
      {build(close)}
    </>
  );
  render(<Content />, node);
  node.showModal();
}

/** True while a dialog is open: nothing behind it is read again. */
export const sheetOpen = (): boolean => document.querySelector("dialog[open]") !== null;

/** Asks once more before what cannot be taken back. True when the person means it. */
export function confirm(title: string, text: string, button: string): Promise<boolean> {
  return new Promise((answer) => {
    let yes = false;
    const build = (close: () => void) => {
      const submit = (event: Event): void => {
        event.preventDefault();
        yes = true;
        close();
      };
      return (
        <form class="form" onSubmit={submit}>
          <p class="sheet-question">{text}</p>
          <div class="actions">
            <button type="submit" class="primary" data-confirm="">{button}</button>
            <button type="button" class="chip" onClick={close}>{t("form.cancel")}</button>
          </div>
        </form>
      );
    };
    openSheet(() => title, build, { onclose: () => answer(yes) });
  });
}
