/** Where a time is written: 15:30, +30 or 11-25 08:00, with quick choices; on a phone it is picked. */
import { useRef } from "preact/hooks";
import { t } from "../core/i18n";
import { isSmall } from "../core/small";

interface Props {
  label: string;
  value: string;
  set: (value: string) => void;
  /** Quick choices in minutes, with the texts `<prefix>.<minutes>`. */
  choices: readonly number[];
  prefix?: string;
  hint?: string;
  /** data-* attribute of the input. */
  mark: string;
}

export function TimeField({ label, value, set, choices, prefix = "ack.plus", hint = "15:30", mark }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const pick = (): void => {
    set("");
    // The picker comes once the field is one for times again.
    setTimeout(() => {
      input.current?.focus();
      if (isSmall()) input.current?.showPicker?.();
    });
  };
  // "+30" is no time of day: a picker cannot hold it.
  const picked = isSmall() && !value.startsWith("+");
  const write = (event: { currentTarget: HTMLInputElement }): void => set(event.currentTarget.value);
  const field = { ref: input, value, placeholder: hint, onInput: write, [mark]: "" };
  return (
    <div class="field">
      <label>
        <span>{label}</span>
        {picked ? <input type="time" {...field} /> : <input type="text" maxLength={16} {...field} />}
      </label>
      <span class="quick">
        {choices.map((minutes) => (
          <button key={minutes} type="button" tabIndex={-1} data-minutes={minutes}
            aria-pressed={value === `+${minutes}`} onClick={() => set(`+${minutes}`)}>
            {t(`${prefix}.${minutes}`)}
          </button>
        ))}
        <button type="button" tabIndex={-1} class="quick-pick" onClick={pick}>{t("ack.pick")}</button>
      </span>
    </div>
  );
}

/** What became of an act, under the form that asked for it. */
export interface Said {
  kind: "done" | "error";
  text: string;
}

export function Message({ said, class: name }: { said: Said | null; class: string }) {
  return <p class={`${name} is-${said?.kind ?? "done"}`} role="status" hidden={!said}>{said?.text ?? ""}</p>;
}
