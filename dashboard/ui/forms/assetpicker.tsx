/** Choosing assets by a piece of their name or id. What is chosen stands as chips that can be taken off. */
import { useState } from "preact/hooks";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { covers, me, regionName } from "../core/site";
import type { AssetRecord } from "../records";

const MOST = 8;
// The types of Preact know a combobox only with a <datalist>.
const COMBOBOX: Record<string, string> = { role: "combobox", "aria-controls": "picker-offered", autocomplete: "off" };

interface Props {
  chosen: readonly string[];
  set: (chosen: string[]) => void;
}

/** The assets that this person may act on and that a text fits. */
function fitting(text: string, chosen: readonly string[]): AssetRecord[] {
  const query = text.trim().toLowerCase();
  if (!query) return [];
  return [...store.peek("asset").values()].filter((asset) => {
    const names = `${asset.id} ${asset.name} ${asset.owner}`.toLowerCase();
    return names.includes(query) && !chosen.includes(asset.id) && covers(me.value.region, asset.region);
  });
}

export function AssetPicker({ chosen, set }: Props) {
  const [text, setText] = useState("");
  const offered = fitting(text, chosen);
  const add = (asset: AssetRecord | undefined): void => {
    if (!asset) return;
    setText("");
    set([...chosen, asset.id]);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add(offered[0]);
  };
  return (
    <div class="picker">
      <span class="choices">
        {chosen.map((id) => (
          <button key={id} type="button" class="chip is-chosen" data-asset={id} title={t("picker.remove")}
            onClick={() => set(chosen.filter((other) => other !== id))}>
            {store.peek("asset").get(id)?.name ?? id} ×
          </button>
        ))}
      </span>
      <input type="text" data-picker="" maxLength={80} placeholder={t("picker.hint")} {...COMBOBOX}
        aria-label={t("picker.hint")} aria-expanded={offered.length > 0} value={text}
        onInput={(event) => setText(event.currentTarget.value)} onKeyDown={key} />
      <ul id="picker-offered" class="picker-found" role="listbox" hidden={!offered.length}>
        {offered.slice(0, MOST).map((asset) => (
          <li key={asset.id}>
            <button type="button" role="option" data-id={asset.id} onClick={() => add(asset)}>
              {asset.name} <small>{asset.id} · {regionName(asset.region)}</small>
            </button>
          </li>
        ))}
        {offered.length > MOST ? <li class="quiet">{t("picker.more", { n: offered.length - MOST })}</li> : null}
      </ul>
    </div>
  );
}
