/** The keys of the alert list: at its foot, and all of them behind "?". */
import type { RefObject } from "preact";
import { t } from "../core/i18n";

const KEYS = [
  ["j", "next"], ["k", "previous"], ["a", "ack"], ["s", "shelve"], ["x", "choose"], ["f", "unfold"], ["Enter", "open"],
  ["/", "search"], ["?", "help"],
] as const;
const MORE = [["A", "bulk"], ["n", "fresh"], ["Ctrl+Enter", "submit"], ["Esc", "leave"]] as const;

export function Keys() {
  return (
    <footer class="keys">
      {KEYS.map(([key, name]) => <span key={key}><kbd>{key}</kbd>{t(`key.${name}`)}</span>)}
    </footer>
  );
}

export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog class="help" ref={dialog} aria-label={t("key.help")}>
      <h2>{t("key.help")}</h2>
      <dl>
        {[...KEYS, ...MORE].map(([key, name]) => [
          <dt key={key}><kbd>{key}</kbd></dt>, <dd key={name}>{t(`key.${name}`)}</dd>,
        ])}
      </dl>
      <button type="button" class="primary" autofocus onClick={() => dialog.current?.close()}>{t("key.close")}</button>
    </dialog>
  );
}
